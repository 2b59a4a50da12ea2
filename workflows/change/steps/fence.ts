import { writing } from '../../run/activities.ts';
import type { Change } from '../change.ts';
import { changeStep } from './change-step.ts';

/**
 * Stamps the fence: from here on no write of a former holder passes (invariant I3). Answers the state that the next
 * write expects.
 */
export const stampFence = fenceStep('fence');

/** Stamps the fence before writes are frozen, since the switch itself knows no fence. */
export const stampFenceForWrites = fenceStep('fence-writes');

function fenceStep(name: 'fence' | 'fence-writes') {
  const stamp = changeStep<null, { key: string }>({
    name,
    run: ({ entry, plan }, _args, mark) =>
      writing('stamp the fence').stamp({ entry, marker: mark(), expected: plan.snapshot.live.key }),
    detail: () => 'an earlier holder can no longer write',
  });
  return (change: Change) => stamp(change, null);
}
