import { hasCandidate } from '../../../contract/catalog/targets/index.ts';
import type { Candidate } from '../../../contract/live.ts';
import { writing } from '../../run/activities.ts';
import type { Change } from '../change.ts';
import { changeStep } from './change-step.ts';

const stageCandidate = changeStep<{ expected: string }, Candidate>({
  name: 'stage',
  phase: 'staging',
  effect: 'candidate',
  run: ({ entry, plan: { artifact, snapshot, forced } }, { expected }, mark) =>
    writing(
      hasCandidate(entry.settings.target) ? 'stage the candidate at 0 %' : 'check and record what is applied',
    ).stage({ entry, marker: mark(), expected, artifact, snapshot, forced }),
  detail: ({ revision, url }, _args, { entry }) =>
    hasCandidate(entry.settings.target) ? `${revision} at ${url}` : `recorded as ${revision}, which serves nobody yet`,
});

/** Stages the artifact as a candidate that takes no traffic yet. `expected` is the state that the fence left. */
export async function stage(change: Change, expected: string): Promise<Candidate> {
  const candidate = await stageCandidate(change, { expected });
  change.effects.stage(candidate);
  return candidate;
}
