import { describeCommit } from '../../contract/artifact.ts';
import type { MigrationOrder } from '../../contract/catalog/catalog.ts';
import { migrationOrder } from '../../contract/migration-order.ts';
import { hasCandidate } from '../../contract/catalog/targets/index.ts';
import type { ChangeResult } from '../../contract/status.ts';
import type { Candidate } from '../../contract/live.ts';
import { changeResult, type Change } from './change.ts';
import { compensate, withWarning, type Compensation } from './compensate.ts';
import { explainFailure } from './diagnose.ts';
import { enter } from './enter.ts';
import { finishChange } from './finish.ts';
import { migrate } from './migration/migrate.ts';
import { gatherEvidence } from './steps/evidence.ts';
import { stampFence } from './steps/fence.ts';
import { bake, smoke, verify, type Outputs } from './steps/gates.ts';
import { postDeployGate } from './steps/post-deploy-gate.ts';
import { readBack } from './steps/read-back.ts';
import { shift } from './steps/shift.ts';
import { signOff } from './steps/sign-off.ts';
import { stage } from './steps/stage.ts';
import { heedFreeze, yieldedToFreeze } from './yield-to-freeze.ts';

/** Asks whether the artifact may still be released; throws the outcome that the change ends with otherwise. */
type RequireReleasable = () => Promise<void>;

/**
 * Rolls out an approved plan to a verified release (design section 4, steps 5 to 11); once more from the queue on when
 * a freeze made it yield.
 */
export async function rollOut(change: Change, requireReleasable: RequireReleasable): Promise<ChangeResult> {
  return inPasses(
    change,
    () => rollOutOnce(change, requireReleasable),
    () => wholeRollOut,
  );
}

/** What a roll-out takes back when it fails. */
export const wholeRollOut: Compensation = { restores: ['job', 'candidate', 'traffic'] };

/**
 * Carries a story out that holds the environment, and again from the queue on after a freeze made it yield. A failure
 * is compensated as the story says by then.
 */
export async function inPasses(
  change: Change,
  pass: () => Promise<ChangeResult>,
  compensation: () => Compensation,
): Promise<ChangeResult> {
  try {
    for (;;) {
      const result = await change.interruption.interruptible(pass).catch(async (error: unknown) => {
        if (!(await yieldedToFreeze(change, error))) throw error;
      });
      if (result) return result;
    }
  } catch (error) {
    const by = compensation();
    const failure = await compensate(change, error, by);
    await explainFailure(change, error);
    throw withWarning(change, failure, by);
  }
}

async function rollOutOnce(change: Change, requireReleasable: RequireReleasable): Promise<ChangeResult> {
  await enter(change);
  await requireReleasable();
  const { key } = await stampFence(change);
  await migrateAndSignOff(change, 'beforeStage', null);
  const candidate = await stage(change, key);
  await migrateAndSignOff(change, 'afterStage', candidate.revision);
  const candidateOutputs = await smokeCandidate(change, candidate);
  await gatherEvidence(change, candidate);
  if (hasCandidate(change.entry.settings.target)) await signOff(change, 'smoke');
  await requireReleasable();
  await heedFreeze(change);
  const live = await shift(change, candidate);
  await migrateAndSignOff(change, 'afterShift', live.revision);
  const liveOutputs = await smoke(change, 'smoke-live', live.url);
  const gate = await postDeployGate(change, live);
  if (!hasCandidate(change.entry.settings.target)) await signOff(change, 'smoke');
  const bakeOutputs = await bake(change, live);
  await verify(change, live, { ...candidateOutputs, ...liveOutputs, ...bakeOutputs });
  await readBack(change, live);
  const { revision, url } = live;
  await finishChange(change, { outcome: 'released', revision, verified: true });
  const outcome = `released ${describeCommit(change.plan.artifact.commit)} as revision ${revision}`;
  return changeResult(change, outcome, { revision, url, gate });
}

/** Migrates where the catalog, or else the platform, wants it: before the candidate, after it, or when it is live. */
async function migrateAndSignOff(change: Change, place: MigrationOrder, revision: string | null): Promise<void> {
  if (migrationOrder(change.entry.settings) !== place) return;
  await migrate(change, revision);
  await signOff(change, 'migration');
}

/** Smokes what was staged, and has people look at it where the catalog says so; a platform may have no candidate. */
export async function smokeCandidate(change: Change, { url }: Candidate): Promise<Outputs> {
  if (!hasCandidate(change.entry.settings.target)) return {};
  return smoke(change, 'smoke-candidate', url);
}
