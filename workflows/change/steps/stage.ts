import type { Candidate } from '../../../contract/live.ts';
import { writing } from '../../run/activities.ts';
import type { Change } from '../change.ts';
import { changeStep } from './change-step.ts';

const stageCandidate = changeStep<{ expected: string }, Candidate>({
  name: 'stage',
  phase: 'staging',
  effect: 'candidate',
  run: ({ entry, plan: { artifact, snapshot } }, { expected }, mark) =>
    writing('stage the candidate at 0 %').stage({ entry, marker: mark(), expected, artifact, snapshot }),
  detail: ({ revision, url }) => `${revision} at ${url}`,
});

/** Stages the artifact as a candidate that takes no traffic yet. `expected` is the state that the fence left. */
export async function stage(change: Change, expected: string): Promise<Candidate> {
  const candidate = await stageCandidate(change, { expected });
  change.effects.stage(candidate);
  return candidate;
}
