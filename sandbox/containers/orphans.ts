import { randomUUID } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { signalGroup } from './signal-group.ts';

export interface ProcessRecord {
  pid: number;
  /** Tells the process from a later one that was given the same id. */
  startedAt: string;
}

/** Keeps the records of running processes where a later start of this program finds them. */
export interface ProcessRecords {
  put(key: string, record: ProcessRecord): void;
  delete(key: string): void;
  entries(): [string, ProcessRecord][];
}

/** Records a process group, so that it can be ended even when this program was killed. Returns the record's key. */
export function recordProcess(records: ProcessRecords, pid: number | undefined): string {
  const key = randomUUID();
  if (pid !== undefined) records.put(key, { pid, startedAt: startTime(pid) });
  return key;
}

/** Ends the process groups that a killed program has left running. */
export function endOrphans(records: ProcessRecords): void {
  for (const [key, { pid, startedAt }] of records.entries()) {
    if (startedAt !== '' && startTime(pid) === startedAt) signalGroup(pid, 'SIGKILL');
    records.delete(key);
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
