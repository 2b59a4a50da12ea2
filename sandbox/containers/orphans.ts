import { randomUUID } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import type { Cloud } from '../cloud/core/cloud.ts';

interface RecordedProcess {
  pid: number;
  /** Tells the process from a later one that was given the same id. */
  startedAt: string;
}

const collection = 'run.processes';

/** Remembers a process group, so that it is ended when the emulator was killed and could not end it itself. */
export function recordProcess(cloud: Cloud, pid: number | undefined): string {
  const key = randomUUID();
  if (pid !== undefined)
    cloud.store.collection<RecordedProcess>(collection).put(key, { pid, startedAt: startTime(pid) });
  return key;
}

export function forgetProcess(cloud: Cloud, key: string): void {
  cloud.store.collection<RecordedProcess>(collection).delete(key);
}

/** Ends what an emulator that was killed has left running. */
export function endOrphans(cloud: Cloud): void {
  const recorded = cloud.store.collection<RecordedProcess>(collection);
  for (const [key, { pid, startedAt }] of recorded.entries()) {
    if (startedAt !== '' && startTime(pid) === startedAt) killGroup(pid);
    recorded.delete(key);
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Gone between the look and the signal.
  }
}

function startTime(pid: number): string {
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return '';
  }
}
