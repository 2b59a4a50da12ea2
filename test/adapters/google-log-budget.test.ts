import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LogBudget } from '../../activities/google/log-budget.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A budget whose pauses are those of the faked clock. */
function budgetOf(perMinute: number): LogBudget {
  return new LogBudget(
    perMinute,
    (ms, signal) =>
      new Promise<void>((resolve) => {
        setTimeout(resolve, ms);
        signal?.addEventListener('abort', () => resolve(), { once: true });
      }),
  );
}

/** Asks for many reads at once, and answers how many were made by now, counted anew at each call. */
function askFor(budget: LogBudget, project: string, count: number): () => number {
  let made = 0;
  for (let read = 0; read < count; read += 1) void budget.take(project).then(() => (made += 1));
  return () => made;
}

describe('the reads of a log', () => {
  it('of all runs of a worker stay below the quota of the project, minute for minute', async () => {
    const made = askFor(budgetOf(40), 'project-1', 200);
    await vi.advanceTimersByTimeAsync(0);
    expect(made()).toBe(20);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(made()).toBeGreaterThanOrEqual(59);
    expect(made()).toBeLessThanOrEqual(60);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(made()).toBeLessThanOrEqual(100);
  });

  it('of another project have a budget of their own', async () => {
    const budget = budgetOf(40);
    askFor(budget, 'project-1', 200);
    const made = askFor(budget, 'project-2', 5);
    await vi.advanceTimersByTimeAsync(0);
    expect(made()).toBe(5);
  });

  it('rest for all as long as the platform asks for, in a sandbox, too', async () => {
    const budget = budgetOf(Infinity);
    budget.rest('project-1', 30_000);
    const made = askFor(budget, 'project-1', 3);
    await vi.advanceTimersByTimeAsync(29_000);
    expect(made()).toBe(0);
    await vi.advanceTimersByTimeAsync(1_001);
    expect(made()).toBe(3);
  });

  it('end their wait when the activity is given up, and hold nobody up behind them', async () => {
    const budget = budgetOf(40);
    budget.rest('project-1', 30_000);
    const gone = new AbortController();
    const given = budget.take('project-1', gone.signal);
    const made = askFor(budget, 'project-1', 1);
    gone.abort(new Error('given up'));
    await expect(given).rejects.toThrow('given up');
    await vi.advanceTimersByTimeAsync(32_000);
    expect(made()).toBe(1);
  });
});
