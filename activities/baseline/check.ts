import { CancelledFailure } from '@temporalio/common';
import type { BaselineCheck } from '../../contract/baseline.ts';

/** Holds what a check found; what is left out is empty. */
export type Found = Pick<BaselineCheck, 'verdict' | 'reason'> &
  Partial<Pick<BaselineCheck, 'seen' | 'next' | 'samples'>>;

/** Makes one check. An error that kept it from looking leaves it inconclusive (invariant I10). */
export async function check(name: string, look: () => Promise<Found>): Promise<BaselineCheck> {
  const startedAt = performance.now();
  const found = await look().catch((error: unknown): Found => {
    if (error instanceof CancelledFailure) throw error;
    const reason = `nobody could look: ${error instanceof Error ? error.message : String(error)}`;
    return { verdict: 'inconclusive', reason, next: 'run this again' };
  });
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  return { name, made: true, seconds, seen: [], next: null, samples: [], ...found };
}

/** Says that a check was not made, because an earlier one failed. */
export function notMade(name: string, because: string): BaselineCheck {
  const found = { verdict: 'inconclusive', reason: `not run: ${because}` } as const;
  return { name, made: false, seconds: 0, seen: [], next: null, samples: [], ...found };
}
