import { Outage } from '../api/errors.ts';

/** Makes a question that is asked once for all who ask at the same time, and whose answer counts for so long. */
export function cachedFor<Answer>(ms: number, clock: () => number, ask: () => Promise<Answer>): () => Promise<Answer> {
  let answer: Promise<Answer> | null = null;
  let validUntil = Infinity;
  return async () => {
    if (answer !== null && clock() < validUntil) return answer;
    validUntil = Infinity;
    const asked = ask();
    answer = asked;
    // Counted from the answer: one that takes long is not asked for again at once.
    asked.then(
      () => (validUntil = clock() + ms),
      () => (answer = null),
    );
    return asked;
  };
}

/** Waits for an answer of Temporal no longer than so. Throws Outage. */
export async function inTime<Answer>(ms: number, asked: Promise<Answer>): Promise<Answer> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Outage(`Temporal: no answer within ${ms / 1_000} s`, null)), ms);
  try {
    return await Promise.race([asked, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
