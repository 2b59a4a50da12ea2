import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { SandboxDescription } from '../../sandbox/description.ts';
import { CommandError } from '../cli/command-error.ts';
import type { Session } from '../cli/session.ts';
import {
  startSandboxReceiver,
  startSandboxWorker,
  stopProcess,
  type SandboxProcessOptions,
} from '../local/processes.ts';

export interface SampleProcess {
  log: string;
  /** Rejects when the process ends by itself, with its last words. */
  died: Promise<never>;
  stop(): Promise<void>;
}

/** Starts a worker for the sandbox as a process of its own, with its log in the sandbox's folder. */
export async function startSampleWorker(session: Session, sandbox: SandboxDescription): Promise<SampleProcess> {
  return startSampleProcess('worker', session, sandbox, startSandboxWorker);
}

/** Starts the receiver of the sandbox's alerts in the same way. Throws a CommandError if it has no Alertmanager. */
export async function startSampleReceiver(session: Session, sandbox: SandboxDescription): Promise<SampleProcess> {
  const { alertmanager } = sandbox;
  if (!alertmanager) throw CommandError.failed('the sandbox has no Alertmanager');
  return startSampleProcess('receiver', session, sandbox, (options) => startSandboxReceiver(alertmanager, options));
}

async function startSampleProcess(
  name: string,
  { dir, environment }: Session,
  sandbox: SandboxDescription,
  start: (options: SandboxProcessOptions) => ChildProcess,
): Promise<SampleProcess> {
  const log = path.join(sandbox.dir, 'logs', `${name}.log`);
  await mkdir(path.dirname(log), { recursive: true });
  const file = await open(log, 'a');
  const from = (await file.stat()).size;
  const started = start({ dir: dir === undefined ? undefined : sandbox.dir, environment, log: file.fd });
  await file.close();
  let stopping = false;
  const died = once(started, 'exit').then(async ([code, signal]) => {
    if (stopping) return new Promise<never>(() => undefined);
    throw CommandError.failed(`the ${name} ended with ${String(signal ?? `exit code ${String(code)}`)}`, [
      ...(await lastLines(log, from)),
      `its log: ${log}`,
    ]);
  });
  // The caller races against this later; until then a rejection must not count as unhandled.
  died.catch(() => undefined);
  return {
    log,
    died,
    stop: async () => {
      stopping = true;
      await stopProcess(started);
    },
  };
}

/** Reads the last messages of a log of JSON lines, as text. */
async function lastLines(log: string, from: number): Promise<string[]> {
  const text = (await readFile(log)).subarray(from).toString('utf8');
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !/^\s+at /.test(line));
  return lines.slice(-8).map(messageIn);
}

function messageIn(line: string): string {
  try {
    const entry = JSON.parse(line) as { msg?: string };
    return entry.msg ?? line;
  } catch {
    return line;
  }
}
