import type { ProbeRow, Verdict } from '../ports/probe.ts';

/** What the platform answered, as one of a few phrases; null where nobody can tell. */
export interface Finding {
  answer: string | null;
  detail?: string;
}

/** One question to a platform: a row of docs/platform-assumptions.md. */
export interface Question<Trial> {
  id: string;
  question: string;
  /** The answers that Slipway is built for; none where it needs no answer, and any will do. */
  assumed: readonly string[];
  /** What another answer means for a release. */
  otherwise: string;
  ask(trial: Trial): Promise<Finding>;
}

/** Says in one line why a question has no answer; undefined for an error that is a defect of ours. */
export type ReasonOf = (error: unknown) => string | undefined;

/** Asks one question. A platform that refuses to answer costs this one line and no other. */
export async function askQuestion<Trial>(
  { ask, ...question }: Question<Trial>,
  trial: Trial,
  reasonOf: ReasonOf,
): Promise<ProbeRow> {
  try {
    const { answer, detail = '' } = await ask(trial);
    return { ...question, answer, detail, verdict: verdictOf(question.assumed, answer) };
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === undefined) throw error;
    return { ...question, answer: null, detail: reason, verdict: 'unknown' };
  }
}

function verdictOf(assumed: readonly string[], answer: string | null): Verdict {
  if (answer === null) return 'unknown';
  return assumed.length === 0 || assumed.includes(answer) ? 'same' : 'different';
}
