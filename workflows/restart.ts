import { describeCommit } from '../contract/artifact.ts';
import { restartInput } from '../contract/inputs.ts';
import type { ChangeResult } from '../contract/status.ts';
import { changeResult, runChange, type Change } from './change/change.ts';
import { compensate } from './change/compensate.ts';
import { enter } from './change/enter.ts';
import { finishChange } from './change/finish.ts';
import { planChange } from './change/plan.ts';
import { requireOneArtifact } from './change/require-one-artifact.ts';
import { restartSteps } from './change/step-lists.ts';
import { stampFence } from './change/steps/fence.ts';
import { smoke } from './change/steps/gates.ts';
import { readBack } from './change/steps/read-back.ts';
import { restartInstances } from './change/steps/restart.ts';

const definition = { kind: 'restart', input: restartInput } as const;

/**
 * Makes all instances of what serves anew, with the same image and template (runbook 001, section 4). It is of rollback
 * class: no freeze stops it, and only a rollback goes before it. It stops no holder, since it could not own what that
 * leaves behind (ADR 0031).
 */
export async function restart(raw: unknown): Promise<ChangeResult> {
  return runChange(definition, raw, async (opened) => {
    const change = await planChange(opened, { artifact: null, steps: restartSteps() });
    requireOneArtifact(change);
    try {
      // A rollback stops it at its next safe point, and owns what it leaves.
      return await change.interruption.interruptible(() => restartLive(change));
    } catch (error) {
      throw await compensate(change, error, { restores: ['traffic'] });
    }
  });
}

async function restartLive(change: Change): Promise<ChangeResult> {
  await enter(change);
  const { key } = await stampFence(change);
  const { revision = '', url } = await restartInstances(change, { expected: key });
  await smoke(change, 'smoke-live', url);
  const { live } = await readBack(change, { revision });
  const [serves] = live.serving.map(({ digest, commit }) => ({ revision, digest, commit }));
  // It proves nothing of the artifact that was not known before, so it verifies none.
  const outcome = `restarted ${describeCommit(change.plan.artifact.commit)} as revision ${revision}`;
  await finishChange(change, { outcome, revision, verified: false, serves });
  return changeResult(change, outcome, { revision, url });
}
