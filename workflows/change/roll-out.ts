import type { ChangeResult } from '../../contract/status.ts';
import type { Candidate } from '../../contract/live.ts';
import { changeResult, type Change } from './change.ts';
import { compensate } from './compensate.ts';
import { enter } from './enter.ts';
import { finishChange } from './finish.ts';
import { migrate } from './migration/migrate.ts';
import { stampFence } from './steps/fence.ts';
import { bake, smoke, verify } from './steps/gates.ts';
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
  try {
    for (;;) {
      const pass = () => rollOutOnce(change, requireReleasable);
      const result = await change.interruption.interruptible(pass).catch(async (error: unknown) => {
        if (!(await yieldedToFreeze(change, error))) throw error;
      });
      if (result) return result;
    }
  } catch (error) {
    throw await compensate(change, error, { restores: ['job', 'candidate', 'traffic'] });
  }
}

async function rollOutOnce(change: Change, requireReleasable: RequireReleasable): Promise<ChangeResult> {
  await enter(change);
  await requireReleasable();
  const { key } = await stampFence(change);
  const candidate = await stageAndMigrate(change, key);
  const candidateOutputs = await smoke(change, 'smoke-candidate', candidate.url);
  await signOff(change, 'smoke');
  await requireReleasable();
  await heedFreeze(change);
  const live = await shift(change, candidate);
  const liveOutputs = await smoke(change, 'smoke-live', live.url);
  const bakeOutputs = await bake(change, live);
  await verify(change, live, { ...candidateOutputs, ...liveOutputs, ...bakeOutputs });
  await readBack(change, live);
  const { revision, url } = live;
  await finishChange(change, { outcome: 'released', revision, verified: true });
  return changeResult(change, `released ${revision}`, { revision, url });
}

/** Stages and migrates in the order that the catalog says: a platform without a candidate at 0 % migrates first. */
async function stageAndMigrate(change: Change, expected: string): Promise<Candidate> {
  const migratesFirst = change.entry.settings.migration?.when === 'beforeStage';
  if (migratesFirst) await migrateAndSignOff(change, null);
  const candidate = await stage(change, expected);
  if (!migratesFirst) await migrateAndSignOff(change, candidate.revision);
  return candidate;
}

async function migrateAndSignOff(change: Change, revision: string | null): Promise<void> {
  await migrate(change, revision);
  await signOff(change, 'migration');
}
