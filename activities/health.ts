import { ApplicationFailure } from '@temporalio/common';
import type { HealthCheck } from '../contract/live.ts';
import type { Finding } from '../contract/verdict.ts';
import type { classifier } from './failure.ts';

/**
 * Makes the function that makes one check of a target's health. A failure that no repeat can mend, such as a missing
 * right, leaves its check inconclusive (invariant I10), and the others stay; what may pass is thrown, and repeated.
 */
export function healthChecker(classified: ReturnType<typeof classifier>) {
  return async (name: string, look: () => Finding | Promise<Finding>): Promise<HealthCheck> => {
    try {
      return { name, ...(await classified(async () => look())) };
    } catch (error) {
      if (!(error instanceof ApplicationFailure) || error.nonRetryable !== true) throw error;
      return { name, verdict: 'inconclusive', reason: `nobody could look: ${error.message}` };
    }
  };
}
