import { CancellationScope, patched } from '@temporalio/workflow';
import { hasCandidate } from '../contract/catalog/targets/index.ts';
import { rotateSecretsInput } from '../contract/inputs.ts';
import { describeRotation, type RotatedSecret } from '../contract/plan.ts';
import type { ChangeResult } from '../contract/status.ts';
import { changeResult, runChange, type Change } from './change/change.ts';
import type { Compensation } from './change/compensate.ts';
import { enter } from './change/enter.ts';
import { finishChange } from './change/finish.ts';
import { planChange } from './change/plan.ts';
import { requireOneArtifact } from './change/require-one-artifact.ts';
import { inPasses, smokeCandidate, wholeRollOut } from './change/roll-out.ts';
import { rotationSteps } from './change/step-lists.ts';
import { stampFence } from './change/steps/fence.ts';
import { bake, smoke, verify } from './change/steps/gates.ts';
import { smokeJobOfGate } from './change/steps/post-deploy-gate.ts';
import { readBack } from './change/steps/read-back.ts';
import { describeRetired, retireSecrets } from './change/steps/retire-secrets.ts';
import { shift } from './change/steps/shift.ts';
import { signOff } from './change/steps/sign-off.ts';
import { stageSecrets } from './change/steps/stage.ts';
import { ending } from './run/failures.ts';

const servedAlready = 'these versions serve already; nothing was changed';
const definition = { kind: 'rotateSecrets', input: rotateSecretsInput } as const;

/** What a rotation has done by now, for its end. */
interface Rotation {
  /** True once an old version may be disabled: from then on there is nothing to go back to. */
  isRetiring: boolean;
  /** True if it ends where another rotation has brought the same versions while it waited. */
  endsIfServed: boolean;
}

/**
 * Gives what serves the next versions of its secrets (runbook 001, section 5). It comes up beside what serves, passes
 * the gates of a release, and only then the old versions are disabled. Values never pass through it (ADR 0034).
 */
export async function rotateSecrets(raw: unknown): Promise<ChangeResult> {
  return runChange(definition, raw, async (opened, { secrets }) => {
    const { environment, settings } = opened.entry;
    const change = await planChange(opened, { artifact: null, steps: rotationSteps(settings), rotation: secrets });
    requireOneArtifact(change);
    const { rollbackTo: serving } = change.plan.content;
    if (!serving) throw ending('InvalidInput', `environment: nothing serves in ${environment}`);
    if (plannedSecrets(change).length === 0) return changeResult(change, servedAlready, { revision: serving.revision });
    // Asked here and not on entry, where a local activity comes before it (CONTRIBUTING, rule 10).
    const rotation: Rotation = { isRetiring: false, endsIfServed: patched('rotation-ends-if-served') };
    return inPasses(
      change,
      () => rotateOnce(change, rotation),
      () => compensationOf(change, rotation),
    );
  });
}

async function rotateOnce(change: Change, rotation: Rotation): Promise<ChangeResult> {
  await enter(change);
  const secrets = plannedSecrets(change);
  if (secrets.length === 0 && rotation.endsIfServed) return leaveServed(change);
  const { key } = await stampFence(change);
  const candidate = await stageSecrets(change, { expected: key, secrets });
  const candidateOutputs = await smokeCandidate(change, candidate);
  const live = await shift(change, candidate);
  const liveOutputs = await smoke(change, 'smoke-live', live.url);
  await smokeJobOfGate(change, live);
  if (!hasCandidate(change.entry.settings.target)) await signOff(change, 'smoke');
  const bakeOutputs = await bake(change, live);
  await verify(change, live, { ...candidateOutputs, ...liveOutputs, ...bakeOutputs });
  await readBack(change, live);
  return CancellationScope.nonCancellable(async () => {
    rotation.isRetiring = true;
    const retired = await retireSecrets(change, { secrets });
    const outcome = `rotated ${describeRotation(secrets)}; ${describeRetired(retired)}`;
    const { revision, url } = live;
    await finishChange(change, { outcome, revision, verified: true });
    return changeResult(change, outcome, { revision, url });
  });
}

/** Leaves an environment in which somebody else has rotated the same secrets meanwhile. */
async function leaveServed(change: Change): Promise<ChangeResult> {
  await finishChange(change, { outcome: servedAlready, revision: null, verified: false });
  return changeResult(change, servedAlready, { revision: change.plan.content.rollbackTo?.revision ?? '' });
}

/** Lists what changes. A version that serves already stays, and is not retired. */
function plannedSecrets({ plan }: Change): RotatedSecret[] {
  return (plan.content.secrets ?? []).filter(({ from, to }) => from !== to);
}

/** Takes the new versions back; but not once an old one may be disabled, since nothing would start with it. */
function compensationOf(change: Change, { isRetiring }: Rotation): Compensation {
  if (isRetiring) return { restores: [] };
  const untaken = plannedSecrets(change).map(({ secret, to }) => `version ${to} of ${secret}`);
  return { ...wholeRollOut, warning: `new versions that stay enabled: ${untaken.join(', ')}` };
}
