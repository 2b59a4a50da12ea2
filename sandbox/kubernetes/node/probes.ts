import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Probe } from '@kubernetes/client-node';
import { check } from './probe-check.ts';
import type { ProbedContainer } from './probe-check.ts';

export interface ProbeListener {
  /** The start-up probe has passed, or there is none. */
  started(): void;
  ready(ready: boolean): void;
  /** The start-up or the liveness probe has failed for good: the container is to be restarted. */
  unhealthy(probe: 'Startup' | 'Liveness', reason: string): void;
  /** One look failed. */
  failed(probe: ProbeName, reason: string): void;
}

type ProbeName = 'Startup' | 'Liveness' | 'Readiness';

export interface ProbeOptions {
  container: ProbedContainer;
  /** Tells whether a readiness probe is to fail in any case. */
  neverReady(): boolean;
  stop: AbortSignal;
  listener: ProbeListener;
}

/** Until a probe has passed once, a look comes at least so often: a quick start is seen quickly. */
const eagerPauseMs = 500;

/** Probes one run of a container, until it is told to stop. */
export async function runProbes(options: ProbeOptions): Promise<void> {
  const { container, listener, stop } = options;
  const { startupProbe, livenessProbe, readinessProbe } = container.spec;
  if (startupProbe && !(await passesStartup(startupProbe, options))) return;
  if (stop.aborted) return;
  listener.started();
  const readiness = readinessProbe ? probeReadiness(readinessProbe, options) : withoutReadinessProbe(options);
  const liveness = livenessProbe ? probeLiveness(livenessProbe, options) : undefined;
  await Promise.all([readiness, liveness]);
}

async function withoutReadinessProbe({ listener, neverReady }: ProbeOptions): Promise<void> {
  listener.ready(!neverReady());
}

async function passesStartup(probe: V1Probe, options: ProbeOptions): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  void eachLook('Startup', probe, options, (passed, reason) => {
    if (!passed) options.listener.unhealthy('Startup', reason);
    resolve(passed);
    return 'end';
  }).then(() => resolve(false));
  return promise;
}

async function probeReadiness(probe: V1Probe, options: ProbeOptions): Promise<void> {
  options.listener.ready(false);
  await eachLook('Readiness', probe, options, (passed) => {
    options.listener.ready(passed);
    return 'go on';
  });
}

async function probeLiveness(probe: V1Probe, options: ProbeOptions): Promise<void> {
  await eachLook('Liveness', probe, options, (passed, reason) => {
    if (passed) return 'go on';
    options.listener.unhealthy('Liveness', reason);
    return 'end';
  });
}

/** Looks again and again; tells a verdict when as many looks in a row agree as the probe's thresholds ask for. */
async function eachLook(
  name: ProbeName,
  probe: V1Probe,
  { container, listener, stop, neverReady }: ProbeOptions,
  verdict: (passed: boolean, reason: string) => 'go on' | 'end',
): Promise<void> {
  const { initialDelaySeconds = 0, periodSeconds = 10, timeoutSeconds = 1 } = probe;
  const { failureThreshold = 3, successThreshold = 1 } = probe;
  const periodMs = periodSeconds * 1000;
  let run: { passed: boolean; length: number; since: number } | undefined;
  let hasPassed = false;
  await pause(initialDelaySeconds * 1000, stop);
  while (!stop.aborted) {
    const begin = Date.now();
    const reason =
      name === 'Readiness' && neverReady()
        ? 'never ready: so says an annotation'
        : await check(probe, container, timeoutSeconds * 1000);
    if (stop.aborted) return;
    const passed = reason === undefined;
    if (reason !== undefined) listener.failed(name, reason);
    // Several eager looks within one period count as one.
    const isSame = run?.passed === passed;
    if (!run || !isSame) run = { passed, length: 1, since: begin };
    else if (begin - run.since >= periodMs * run.length - eagerPauseMs / 2) run.length += 1;
    if (run.length >= (passed ? successThreshold : failureThreshold) && verdict(passed, reason ?? '') === 'end') return;
    hasPassed ||= passed;
    await pause(hasPassed ? periodMs : Math.min(eagerPauseMs, periodMs), stop);
  }
}

async function pause(ms: number, stop: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: stop, ref: false }).catch(() => undefined);
}
