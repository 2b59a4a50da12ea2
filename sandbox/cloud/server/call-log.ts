import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The effect of a call on the platform's state. */
export type Effect = 'none' | 'created' | 'updated' | 'deleted' | 'started' | 'cancelled';

/** Markers that the caller left on a call: for which change, step, attempt and fence it was made. */
export interface Markers {
  change?: string;
  step?: string;
  attempt?: string;
  fence?: string;
}

export interface CallRecord {
  seq: number;
  startedAt: string;
  endedAt: string;
  /** Full gRPC name, such as `google.cloud.run.v2.Services/UpdateService`; the same for the REST form. */
  method: string;
  resource: string;
  markers: Markers;
  /** The account that the caller's token names; absent for a person. */
  account?: string;
  /** Name of the gRPC status code. */
  code: string;
  effect: Effect;
  /** The kind of the fault that this call met. */
  fault?: string;
  /** The reason for which a call was refused. */
  message?: string;
}

export interface CallLog {
  path: string;
  append(record: Omit<CallRecord, 'seq'>): void;
}

/** Opens `<dir>/calls.jsonl`: a line for each call, written when the call has ended. */
export function openCallLog(dir: string): CallLog {
  const path = join(dir, 'calls.jsonl');
  let seq = lastSequence(path);
  return {
    path,
    append: (record) => {
      seq += 1;
      appendFileSync(path, `${JSON.stringify({ seq, ...record })}\n`);
    },
  };
}

function lastSequence(path: string): number {
  if (!existsSync(path)) return 0;
  const text = readFileSync(path, 'utf8');
  // A killed process may have left half a line; the next record must not be glued to it.
  if (text !== '' && !text.endsWith('\n')) appendFileSync(path, '\n');
  const lines = text.split('\n').reverse();
  for (const line of lines) {
    try {
      const seq = (JSON.parse(line) as CallRecord).seq;
      if (typeof seq === 'number') return seq;
    } catch {
      continue;
    }
  }
  return 0;
}
