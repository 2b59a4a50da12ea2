import type { Candidate, Snapshot } from '../../../contract/live.ts';
import { writing } from '../../run/activities.ts';
import { now } from '../../run/journal.ts';
import type { Change } from '../change.ts';
import { changeStep } from './change-step.ts';

const shiftTraffic = changeStep<{ candidate: Candidate; snapshot: Snapshot }, { url: string; revision?: string }>({
  name: 'shift',
  phase: 'shifting',
  effect: 'traffic',
  run: ({ entry, plan: { forced } }, { candidate, snapshot }, mark) =>
    writing(`give ${candidate.revision} the traffic`).shift({
      entry,
      marker: mark(),
      expected: candidate.key,
      candidate,
      percent: 100,
      snapshot,
      forced,
    }),
  detail: ({ revision }, { candidate }) => `${revision ?? candidate.revision} takes 100 %`,
});

/** The revision that users meet from now on. */
export interface LiveRevision {
  revision: string;
  url: string;
  shiftedAt: string;
}

/** Gives the candidate all the traffic. `snapshot` has the shape that the traffic gets: following, or pinned. */
export async function shift(
  change: Change,
  candidate: Candidate,
  snapshot: Snapshot = change.plan.snapshot,
): Promise<LiveRevision> {
  // Before the write is sent: a worker may be away after it, while users have the candidate already.
  const shiftedAt = now();
  const { url, revision = candidate.revision } = await shiftTraffic(change, { candidate, snapshot });
  return { revision, url, shiftedAt };
}
