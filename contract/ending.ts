import { describeCommit } from './artifact.ts';
import type { ServesAfter } from './ledger.ts';

/** The time in which users met a commit that was taken back. */
export interface Exposure {
  /** The commit that they met. */
  commit: string;
  /** When its traffic began; a user may have met it a moment earlier. */
  from: string;
  /** When it was taken back; null if nobody knows that it was. */
  to: string | null;
}

/** Says in parts how a change ended, for people who were not there. */
export interface Ending {
  /** Why it ended so, in one sentence; the reason of the failure, or what was done. */
  why: string;
  /** What was seen at the gate that said no: lines of a log, an answer. Secrets are hidden. */
  samples: string[];
  /** What serves after it. */
  serves: ServesAfter;
  /** What each environment serves after a release, as the platform says it; absent for all others. */
  stops?: StopServes[];
  /** Steps that people skipped, each with who did and what they said. */
  skipped: string[];
  /** Null where users met nothing that was taken back. */
  exposed: Exposure | null;
  /** What to do next: a sentence, and the command where there is one. */
  next: NextStep[];
}

/** What one environment of a release serves, in words that stand behind `serves`. */
export interface StopServes {
  environment: string;
  serves: string;
}

export interface NextStep {
  what: string;
  command?: string;
}

/** Says what serves after a change that did not reach its aim. */
export function describeServes(serves: ServesAfter): string {
  if (serves === 'unchanged') return 'the same as before it';
  if (serves === 'unknown') return 'not known: look at the platform';
  return `${describeCommit(serves.commit)} again, as revision ${serves.revision}`;
}

/** Says what serves after a run, in one line; after a release in one for each environment. */
export function describeServing({ serves, stops }: Pick<Ending, 'serves' | 'stops'>): string[] {
  return stops?.map((stop) => `${stop.environment}: ${stop.serves}`) ?? [describeServes(serves)];
}

/** Says what users met and when, to stand behind `users`; `moment` writes a time. */
export function describeExposure(exposed: Exposure | null, moment: (at: string) => string): string {
  if (!exposed) return 'did not meet it';
  const { commit, from, to } = exposed;
  return to === null
    ? `meet ${describeCommit(commit)} since ${moment(from)}; nobody knows until when`
    : `met ${describeCommit(commit)} from ${moment(from)} to ${moment(to)}`;
}

/** Says which steps were skipped and by whom, to stand behind an outcome; empty if none was. */
export function describeSkipped(skipped: readonly string[]): string {
  return skipped.map((one) => `, ${one}`).join('');
}
