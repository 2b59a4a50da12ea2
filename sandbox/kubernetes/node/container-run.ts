import { constants } from 'node:os';
import { randomUUID } from 'node:crypto';
import type { V1Container, V1ContainerStateTerminated, V1Pod } from '@kubernetes/client-node';
import { startContainer } from '../../containers/process.ts';
import { quantity } from '../../containers/quantity.ts';
import type { ContainerExit } from '../../containers/process.ts';
import { isSwitchedOn } from './annotations.ts';
import type { PreparedContainer } from './container-preparation.ts';
import type { LogWriter } from './log-files.ts';
import type { NodeContext } from './node-context.ts';
import { check } from './probe-check.ts';
import { runProbes } from './probes.ts';

/** One run of a container, from its start to its exit. */
export interface ContainerRun {
  containerID: string;
  startedAt: Date;
  /** Whether there is a process at all: a command that does not exist has none. */
  hasStarted: boolean;
  ended: Promise<V1ContainerStateTerminated>;
  /** Runs the preStop hook, sends SIGTERM, and SIGKILL when the grace time is over. */
  stop(graceMs: number): Promise<void>;
}

export interface ContainerRunOptions {
  context: NodeContext;
  pod(): V1Pod;
  spec: V1Container;
  address: string;
  prepared: PreparedContainer;
  log: LogWriter;
  /** Takes what the probes find. */
  changed(part: { started?: boolean; ready?: boolean }): void;
}

/** Platform: `FallbackToLogsOnError` takes so much of a log's end as the message. */
const messageLines = 80;
const messageLength = 2048;

export function runContainer(options: ContainerRunOptions): ContainerRun {
  const { context, spec, prepared, log } = options;
  const lastLines: string[] = [];
  const startedAt = new Date();
  const memoryLimitBytes = limitOf(spec);
  const program = { ...prepared, folder: prepared.image.path, memoryLimitBytes };
  const process = startContainer(program, context.processes, (stream, line) => {
    lastLines.push(line);
    if (lastLines.length > messageLines) lastLines.shift();
    log.line(stream, line);
  });
  const containerID = `sandbox://${randomUUID()}`;
  const hasStarted = process.pid !== undefined;
  const over = new AbortController();
  const ended = process.exited.then((exit): V1ContainerStateTerminated => {
    over.abort();
    log.end();
    const text = lastLines.join('\n').slice(-messageLength);
    return { ...termination(exit, hasStarted, spec, text), containerID, startedAt, finishedAt: new Date() };
  });
  const probed = { spec, host: options.address, folder: prepared.image.path, env: prepared.env, real: prepared.real };
  const stop = async (graceMs: number): Promise<void> => {
    const deadline = Date.now() + graceMs;
    await preStop(probed, graceMs, over.signal);
    await process.stop(Math.max(deadline - Date.now(), 0));
  };
  if (hasStarted) void probe(options, probed, over.signal, stop);
  return { containerID, startedAt, hasStarted, ended, stop };
}

function limitOf({ resources }: V1Container): number | undefined {
  const limit = resources?.limits?.['memory'];
  return limit === undefined ? undefined : quantity(limit);
}

function termination(
  { code, signal, exceededBytes }: ContainerExit,
  hasStarted: boolean,
  spec: V1Container,
  lastOutput: string,
): V1ContainerStateTerminated {
  // Platform: containerd says 128 and StartError for a command that cannot be executed.
  if (!hasStarted) return { exitCode: 128, reason: 'StartError', message: lastOutput };
  const exitCode = signal ? 128 + constants.signals[signal] : code;
  if (exitCode === 0) return { exitCode, reason: 'Completed' };
  const message = spec.terminationMessagePolicy === 'FallbackToLogsOnError' ? lastOutput : undefined;
  return { exitCode, reason: exceededBytes === null ? 'Error' : 'OOMKilled', message };
}

type Probed = Parameters<typeof check>[1];

async function probe(
  { context, pod, spec, changed }: ContainerRunOptions,
  container: Probed,
  stop: AbortSignal,
  end: (graceMs: number) => Promise<void>,
): Promise<void> {
  const graceSeconds = (name: 'Startup' | 'Liveness'): number =>
    (name === 'Startup' ? spec.startupProbe : spec.livenessProbe)?.terminationGracePeriodSeconds ??
    pod().spec?.terminationGracePeriodSeconds ??
    30;
  await runProbes({
    container,
    stop,
    neverReady: () => isSwitchedOn(pod(), 'neverReady'),
    listener: {
      started: () => changed({ started: true }),
      ready: (ready) => changed({ ready }),
      failed: (name, reason) => context.events.record(pod(), 'Warning', 'Unhealthy', `${name} probe failed: ${reason}`),
      unhealthy: (name) => {
        const text = `Container ${spec.name} failed ${name.toLowerCase()} probe, will be restarted`;
        context.events.record(pod(), 'Normal', 'Killing', text);
        void end(graceSeconds(name) * 1000);
      },
    },
  });
}

async function preStop(container: Probed, graceMs: number, over: AbortSignal): Promise<void> {
  const hook = container.spec.lifecycle?.preStop;
  if (!hook || over.aborted || graceMs <= 0) return;
  const seconds = hook.sleep?.seconds ?? 0;
  const work = hook.sleep ? new Promise((done) => setTimeout(done, seconds * 1000)) : check(hook, container, graceMs);
  const limit = new Promise((done) => {
    const timer = setTimeout(done, graceMs);
    over.addEventListener('abort', () => (clearTimeout(timer), done(undefined)), { once: true });
  });
  await Promise.race([work, limit]);
}
