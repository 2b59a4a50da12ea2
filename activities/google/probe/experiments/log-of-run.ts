import { executionFilter } from '../../cloud-run/logs.ts';
import { timeOf } from '../../cloud-run/resources.ts';
import { readRawEntries } from '../../logging.ts';
import type { Trial } from '../trial.ts';
import { firstRun } from './first-run.ts';

/** Between two reads of the log: a project may read it sixty times a minute, and others read it, too. */
const readMs = 3_000;
const maxEntries = 200;

export type RawEntry = Awaited<ReturnType<typeof readRawEntries>>[number];

/** Reads the entries of the first run, by the label of its execution. */
export async function entriesOfRun(trial: Trial): Promise<RawEntry[]> {
  const { name, beganAt } = await trial.once(firstRun);
  const filter = executionFilter({ execution: name, since: beganAt });
  return readRawEntries(trial.clients, trial.caller, trial.target.project, filter, maxEntries);
}

export interface LastLine {
  /** From the end of the execution, by the platform's clock, until the line was found; undefined for never. */
  afterMs: number | undefined;
  /** Entries that had come by then. */
  entries: number;
}

/** Reads the log of the first run until the platform's last line is there. */
export async function lastLine(trial: Trial): Promise<LastLine> {
  const { execution } = await trial.once(firstRun);
  const endedAt = Date.parse(timeOf(execution?.completionTime)) || Date.now();
  const limit = Date.now() + trial.pace.lateMs * 3;
  for (;;) {
    const entries = await entriesOfRun(trial);
    const isThere = entries.some(({ textPayload }) => textPayload?.startsWith('Container called exit('));
    if (isThere) return { afterMs: Math.max(0, Date.now() - endedAt), entries: entries.length };
    if (Date.now() >= limit) return { afterMs: undefined, entries: entries.length };
    await trial.pause(Math.min(readMs, trial.pace.lateMs / 10));
  }
}
