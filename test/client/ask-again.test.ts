import { describe, expect, it, vi } from 'vitest';
import { askAgain, earlyQuery } from '../../contract/early-query.ts';

/** What Temporal's client makes of a query that a worker refuses. */
class QueryNotRegisteredError extends Error {}

describe('a query that came before its workflow task', () => {
  it('is asked again until it is answered', async () => {
    const answers = [new QueryNotRegisteredError(earlyQuery), new QueryNotRegisteredError(earlyQuery), 'free'];
    const next = vi.fn(async () => {
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    });
    await expect(askAgain.query('status', next)).resolves.toBe('free');
    expect(next).toHaveBeenCalledTimes(3);
  });

  it('is given up in the end, and not as a query that nobody knows', async () => {
    vi.useFakeTimers();
    try {
      const asked = askAgain.query('status', async () => Promise.reject(new QueryNotRegisteredError(earlyQuery)));
      const seen = asked.catch((error: unknown) => error);
      await vi.advanceTimersByTimeAsync(16_000);
      expect(await seen).not.toBeInstanceOf(QueryNotRegisteredError);
      expect(await seen).toMatchObject({ message: earlyQuery });
    } finally {
      vi.useRealTimers();
    }
  });

  it('is not mistaken for another one', async () => {
    const next = vi.fn(async () => Promise.reject(new QueryNotRegisteredError('no query of that name')));
    await expect(askAgain.query('colour', next)).rejects.toThrow('no query of that name');
    expect(next).toHaveBeenCalledTimes(1);
  });
});
