import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readSandbox, removeSandbox, sandboxPlaces } from './description.ts';
import type { SandboxDescription } from './description.ts';
import { identify, signal } from './process-identity.ts';
import { chosenServices } from './seed/estate.ts';
import { describedAs, furtherParts } from './parts.ts';
import { lockHolder } from './servers/lock.ts';
import type { Say } from './servers/server.ts';
import { alertmanagerAnswers } from './supervisor/parts/alertmanager.ts';
import { cloudAnswers } from './supervisor/parts/cloud.ts';
import { Children, goneWithin } from './supervisor/leftovers.ts';
import type { SupervisorMessage } from './supervisor/messages.ts';
import { kubernetesAnswers } from './supervisor/parts/kubernetes.ts';
import { prometheusAnswers } from './supervisor/parts/prometheus.ts';
import { temporalAnswers } from './supervisor/parts/temporal.ts';

const program = join(import.meta.dirname, 'supervisor', 'main.ts');
const stopWithinMs = 45_000;
const lookAgainMs = 200;

export interface UpOptions {
  /** Folder of the sandbox's state; by default `.slipway/sandbox` of this project. */
  dir?: string;
  /** Leaves it running when this process ends. */
  detach?: boolean;
  /** Parts besides those that are always there. */
  with?: string[];
  /** Without the sample services and their traffic: quicker, for who brings its own. */
  empty?: boolean;
  /** Names of the sample services to have; all by default. */
  services?: string[];
  /** Gets a line of progress. */
  say?: Say;
}

export interface RunningSandbox {
  description: SandboxDescription;
  /** Tells whether this call started it; false when it was up already. */
  started: boolean;
  /** Fulfilled when the sandbox that this call started ends, for whatever reason. */
  ended: Promise<void>;
  /** Stops the sandbox that this call started; leaves one that was up already alone. */
  stop: () => Promise<void>;
}

/**
 * Brings the sandbox up, or finds the one that is up. Throws with the reason and the log when a part does not come
 * up. Without `detach` it lives as long as this process, and until `stop()`.
 */
export const up = async ({
  dir,
  detach = false,
  with: parts = [],
  empty = false,
  services,
  say = () => {},
}: UpOptions = {}): Promise<RunningSandbox> => {
  const further = furtherParts(parts);
  chosenServices(services);
  const { state, description: file } = sandboxPlaces(dir);
  for (;;) {
    const found = await readSandbox(dir);
    const absent = found && further.find((part) => !found[describedAs[part]]);
    if (absent)
      throw new Error(
        `the running sandbox has no ${absent}: stop it (./slipway sandbox down) and start it again with ${absent}`,
      );
    if (found)
      return { description: found, started: false, ended: new Promise(() => {}), stop: () => Promise.resolve() };
    const supervisor = await startSupervisor(state, file, flagsOf({ dir, detach, empty, services, with: parts }));
    const description = await untilUp(supervisor, say);
    if (description) return owned(supervisor, description, detach);
    say('another process is starting or stopping the sandbox in this folder: waiting for it');
    await untilSettled(dir, join(state, 'supervisor.lock'));
  }
};

/** Stops the sandbox, and what a killed one left. Answers whether there was one. */
export const down = async ({ dir, say = () => {} }: Pick<UpOptions, 'dir' | 'say'> = {}): Promise<boolean> => {
  const { state, description } = sandboxPlaces(dir);
  const supervisor = await lockHolder(join(state, 'supervisor.lock'));
  if (supervisor) {
    signal(supervisor.pid, 'SIGTERM');
    if (!(await goneWithin(supervisor, stopWithinMs))) {
      signal(supervisor.pid, 'SIGKILL');
      await goneWithin(supervisor, stopWithinMs);
    }
  }
  await new Children(join(state, 'processes.json')).stopLeftovers(say);
  await removeSandbox(description);
  return supervisor !== undefined;
};

export interface PartStatus {
  part: string;
  pid: number;
  alive: boolean;
  /** Tells whether it serves; undefined where there is nothing to ask. */
  answers: boolean | undefined;
}

export interface SandboxStatus {
  description: SandboxDescription;
  parts: PartStatus[];
}

/** Reports on the parts of the sandbox; undefined when none is up. */
export const status = async ({ dir }: Pick<UpOptions, 'dir'> = {}): Promise<SandboxStatus | undefined> => {
  const description = await readSandbox(dir);
  if (!description) return undefined;
  const { temporal, cloud, postgres, prometheus, alertmanager, kubernetes, traffic } = description;
  const parts = await Promise.all([
    temporal && statusOf('temporal', temporal.pid, temporalAnswers(temporal.address)),
    cloud && statusOf('cloud', cloud.pid, cloudAnswers(cloud.http)),
    postgres && statusOf('postgres', postgres.pid),
    prometheus && statusOf('prometheus', prometheus.pid, prometheusAnswers(prometheus.url)),
    alertmanager && statusOf('alertmanager', alertmanager.pid, alertmanagerAnswers(alertmanager.url)),
    kubernetes && statusOf('kubernetes', kubernetes.pid, kubernetesAnswers(kubernetes)),
    traffic && statusOf('traffic', traffic.pid),
  ]);
  return { description, parts: parts.filter((part) => part !== undefined) };
};

const statusOf = async (part: string, pid: number, answering?: Promise<boolean>): Promise<PartStatus> => ({
  part,
  pid,
  alive: (await identify(pid)) !== undefined,
  answers: await answering,
});

const flagsOf = ({
  dir,
  detach,
  empty,
  services,
  with: parts = [],
}: Pick<UpOptions, 'dir' | 'detach' | 'empty' | 'services' | 'with'>): string[] => {
  const flags = { '--detach': detach, '--empty': empty, '--usual-ports': dir === undefined };
  const set = Object.entries(flags).flatMap(([flag, isSet]) => (isSet ? [flag] : []));
  const lists = { '--services': services, '--with': parts.length > 0 ? parts : undefined };
  return [
    ...set,
    ...Object.entries(lists).flatMap(([flag, names]) => (names === undefined ? [] : [flag, names.join(',')])),
  ];
};

const startSupervisor = async (state: string, file: string, flags: string[]): Promise<ChildProcess> => {
  const logs = join(state, 'logs');
  await mkdir(logs, { recursive: true });
  const log = await open(join(logs, 'supervisor.log'), 'a');
  try {
    const args = ['--disable-warning=ExperimentalWarning', program, '--dir', state, '--description', file, ...flags];
    return spawn(process.execPath, args, { detached: true, cwd: state, stdio: ['ignore', log.fd, log.fd, 'ipc'] });
  } finally {
    await log.close();
  }
};

/** Waits until the sandbox is up; undefined when another supervisor has the folder. */
const untilUp = (supervisor: ChildProcess, say: Say): Promise<SandboxDescription | undefined> =>
  new Promise((resolve, reject) => {
    supervisor.on('message', (message: SupervisorMessage) => {
      if (message.kind === 'say') say(message.line, message.isPassing);
      if (message.kind === 'up') resolve(message.description);
      if (message.kind === 'taken') resolve(undefined);
      if (message.kind === 'failed') reject(new Error(message.reason));
    });
    supervisor.once('error', reject);
    supervisor.once('exit', (code, name) =>
      reject(new Error(`the sandbox ended with ${code ?? name} while it was starting`)),
    );
  });

const owned = (supervisor: ChildProcess, description: SandboxDescription, detach: boolean): RunningSandbox => {
  if (detach) {
    supervisor.disconnect();
    supervisor.unref();
  }
  const ended = once(supervisor, 'exit').then(() => {});
  const stop = async (): Promise<void> => {
    supervisor.kill('SIGTERM');
    const timer = setTimeout(() => supervisor.kill('SIGKILL'), stopWithinMs);
    await ended;
    clearTimeout(timer);
  };
  return { description, started: true, ended, stop };
};

const untilSettled = async (dir: string | undefined, lock: string): Promise<void> => {
  while ((await lockHolder(lock)) !== undefined && (await readSandbox(dir)) === undefined) await sleep(lookAgainMs);
};
