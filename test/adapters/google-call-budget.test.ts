import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CallBudget, type Quota } from '../../activities/google/call-budget.ts';
import type { Urgency } from '../../activities/urgency.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const logOf = (project: string): Quota => ({
  kind: 'logReadsPerMinute',
  what: 'reads of the log',
  project,
  region: null,
});
const runOf = (kind: 'runReadsPerMinute' | 'runWritesPerMinute', region = 'us-central1'): Quota => ({
  kind,
  what: kind,
  project: 'project-1',
  region,
});
const log = logOf('project-1');

/** Asks for many calls at once, and answers how many were made by now, counted anew at each call. */
function askFor(budget: CallBudget, quota: Quota, count: number, urgency: Urgency = 'work'): () => number {
  let made = 0;
  for (let call = 0; call < count; call += 1) void budget.take(quota, urgency).then(() => (made += 1));
  return () => made;
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('the calls of all runs of a worker', () => {
  it('stay below the quota of the project, minute for minute', async () => {
    const made = askFor(new CallBudget(), log, 200);
    await pass(0);
    expect(made()).toBe(10);
    await pass(59_999);
    expect(made()).toBeGreaterThanOrEqual(58);
    expect(made()).toBeLessThanOrEqual(60);
    const first = made();
    await pass(60_000);
    expect(made() - first).toBeLessThanOrEqual(60);
    expect(made() - first).toBeGreaterThanOrEqual(49);
  });

  it.each([
    ['reads of the log', log, 60],
    ['reads of Cloud Run', runOf('runReadsPerMinute'), 600],
    ['writes of Cloud Run', runOf('runWritesPerMinute'), 30],
  ])('have what a new project is granted where the catalog says nothing: %s', async (_what, quota, perMinute) => {
    const made = askFor(new CallBudget(), quota, 2_000);
    await pass(59_999);
    expect(made()).toBeLessThanOrEqual(perMinute);
    expect(made()).toBeGreaterThanOrEqual(perMinute - 2);
  });

  it('of another project or region, and writes beside reads, have a budget of their own', async () => {
    const budget = new CallBudget();
    askFor(budget, log, 200);
    askFor(budget, runOf('runReadsPerMinute'), 2_000);
    const others = [logOf('project-2'), runOf('runReadsPerMinute', 'europe-west1'), runOf('runWritesPerMinute')];
    const made = others.map((quota) => askFor(budget, quota, 5));
    await pass(0);
    expect(made.map((count) => count())).toEqual([5, 5, 5]);
  });

  it('go by the figures of the catalog, in a sandbox, too; an entry without any leaves them', async () => {
    const budget = new CallBudget(null);
    const entry = { project: 'project-1', region: 'us-central1' };
    const uncounted = askFor(budget, log, 500);
    await pass(0);
    expect(uncounted()).toBe(500);
    budget.heed({ ...entry, quotas: { logReadsPerMinute: 120 } });
    budget.heed(entry);
    const made = askFor(budget, log, 500);
    await pass(59_999);
    expect(made()).toBeGreaterThanOrEqual(118);
    expect(made()).toBeLessThanOrEqual(120);
  });

  it('are made by those first that take users back, then by the work, then by looks that come again', async () => {
    const budget = new CallBudget();
    askFor(budget, log, 10);
    await pass(0);
    const order: Urgency[] = [];
    const urgencies: Urgency[] = ['poll', 'poll', 'work', 'work', 'rollback'];
    for (const urgency of urgencies) void budget.take(log, urgency).then(() => order.push(urgency));
    await pass(6_000);
    expect(order).toEqual(['rollback', 'work', 'work', 'poll', 'poll']);
  });

  it('rest for all as long as the platform says, in a sandbox, too', async () => {
    const budget = new CallBudget(null);
    budget.rest(log, 30_000);
    const made = askFor(budget, log, 3);
    await pass(29_000);
    expect(made()).toBe(0);
    await pass(1_001);
    expect(made()).toBe(3);
  });

  it('rest for pauses that double where the platform does not say how long, and anew after an answer', async () => {
    const budget = new CallBudget(null);
    for (const seconds of [5, 10, 20, 40, 40]) {
      budget.rest(log);
      budget.rest(log);
      const made = askFor(budget, log, 1);
      await pass(seconds * 1_000 - 1);
      expect(made()).toBe(0);
      await pass(1);
      expect(made()).toBe(1);
    }
    budget.answered(log);
    budget.rest(log);
    const made = askFor(budget, log, 1);
    await pass(5_000);
    expect(made()).toBe(1);
  });

  it('end their wait when the activity is given up, and hold nobody up behind them', async () => {
    const budget = new CallBudget();
    budget.rest(log, 30_000);
    const gone = new AbortController();
    const given = budget.take(log, 'work', gone.signal);
    const made = askFor(budget, log, 1);
    gone.abort(new Error('given up'));
    await expect(given).rejects.toThrow('given up');
    await pass(32_000);
    expect(made()).toBe(1);
  });
});
