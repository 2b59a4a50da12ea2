import { once } from 'node:events';
import { mkdir, open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import type { SandboxDescription } from '../../sandbox/description.ts';
import { CommandError } from '../cli/command-error.ts';
import type { Session } from '../cli/session.ts';
import type { SlipwayClient } from '../api/slipway-client.ts';
import { startSandboxWorker, stopWorker } from '../local/worker-process.ts';
import type { Sample } from './sample.ts';

const maxStartMs = 60_000;

export interface SampleWorker {
  log: string;
  /** Rejects when the worker ends by itself, with its last words. */
  died: Promise<never>;
  stop(): Promise<void>;
}

/** Starts a worker for the sandbox as a process of its own, with its log in the sandbox's folder. */
export async function startSampleWorker(
  { dir, environment }: Session,
  sandbox: SandboxDescription,
): Promise<SampleWorker> {
  const log = path.join(sandbox.dir, 'logs', 'worker.log');
  await mkdir(path.dirname(log), { recursive: true });
  const file = await open(log, 'a');
  const from = (await file.stat()).size;
  const worker = startSandboxWorker(dir, environment, file.fd);
  await file.close();
  let stopping = false;
  const died = once(worker, 'exit').then(async ([code, signal]) => {
    if (stopping) return new Promise<never>(() => undefined);
    throw CommandError.failed(`the worker ended with ${String(signal ?? `exit code ${String(code)}`)}`, [
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
      await stopWorker(worker);
    },
  };
}

/** Asks for the sample's environment until the worker answers; null when it has no history yet. */
export async function sampleEnvironment(slipway: SlipwayClient, sample: Sample): Promise<EnvironmentStatus | null> {
  const deadline = Date.now() + maxStartMs;
  while (Date.now() < deadline) {
    const report = await slipway.environment(sample);
    if (report === null || !report.stale) return report;
    await sleep(200);
  }
  throw CommandError.unreachable(`the worker has not answered within ${maxStartMs / 1000} s`);
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
