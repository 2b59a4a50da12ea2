import { hasCandidate } from '../../../contract/catalog/targets/index.ts';
import type { Candidate } from '../../../contract/live.ts';
import type { RotatedSecret } from '../../../contract/plan.ts';
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
  detail: describeStaged,
});

/** Stages the artifact as a candidate that takes no traffic yet. `expected` is the state that the fence left. */
export async function stage(change: Change, expected: string): Promise<Candidate> {
  const candidate = await stageCandidate(change, { expected });
  change.effects.stage(candidate);
  return candidate;
}

const stageRotation = changeStep<{ expected: string; secrets: readonly RotatedSecret[] }, Candidate>({
  name: 'stage',
  phase: 'staging',
  effect: 'candidate',
  run: ({ entry, plan: { snapshot, forced } }, { expected, secrets }, mark) =>
    writing('stage what serves with other versions of its secrets').stageSecrets({
      entry,
      marker: mark(),
      expected,
      snapshot,
      secrets,
      forced,
    }),
  detail: describeStaged,
});

/** Stages what serves with other versions of its secrets, as a candidate that takes no traffic yet. */
export async function stageSecrets(
  change: Change,
  request: { expected: string; secrets: readonly RotatedSecret[] },
): Promise<Candidate> {
  const candidate = await stageRotation(change, request);
  change.effects.stage(candidate);
  return candidate;
}

function describeStaged({ revision, url }: Candidate, _args: unknown, { entry }: Change): string {
  return hasCandidate(entry.settings.target)
    ? `${revision} at ${url}`
    : `recorded as ${revision}, which serves nobody yet`;
}
