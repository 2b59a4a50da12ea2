import type { KnownGood } from '../activities/known-good/rollback-goal.ts';
import { hasCandidate, hasStandingJob } from '../contract/catalog/targets/index.ts';
import { rollbackInput } from '../contract/inputs.ts';
import { describeState } from '../contract/named-state.ts';
import type { ChangeResult } from '../contract/status.ts';
import { changeResult, runChange, type Change } from './change/change.ts';
import { compensate } from './change/compensate.ts';
import { enter } from './change/enter.ts';
import { finishChange, type Hold } from './change/finish.ts';
import { syncJob } from './change/migration/sync-job.ts';
import { planChange } from './change/plan.ts';
import { rollbackSteps } from './change/step-lists.ts';
import { stampFence } from './change/steps/fence.ts';
import { smoke } from './change/steps/gates.ts';
import { readBack } from './change/steps/read-back.ts';
import { restore } from './change/steps/restore.ts';
import { shift } from './change/steps/shift.ts';
import { stage } from './change/steps/stage.ts';
import { describeGoal, goalSnapshot, holdOfLeftArtifact, snapshotBefore } from './rollback/goal.ts';
import { describeCrossing, repairSchema, requireSchemaDecision, thawAndVerify } from './rollback/schema-repair.ts';
import { WriteFreeze } from './rollback/write-freeze.ts';
import { awaiting } from './run/activities.ts';
import { ending, isExpected, isFailure, messageOf } from './run/failures.ts';
import { step } from './run/step.ts';

const definition = { kind: 'rollback', input: rollbackInput } as const;

/** What a rollback decides on its way, for its end to be told whole. */
interface Retreat {
  goal: KnownGood;
  schemaVersion: string | undefined;
  writes: WriteFreeze;
  /** What it goes away from; null before it has entered. */
  held: Hold | null;
}

/**
 * Goes back to a named known-good state (runbook 004, rollback procedure; runbook 001, section 7). Neither a freeze nor
 * the queue stops it, and a deploy that holds the environment yields at its next safe point (invariant I6).
 */
export async function rollback(raw: unknown): Promise<ChangeResult> {
  return runChange(definition, raw, async (opened, { to = null, schemaVersion, dryRun }) => {
    const { entry, run } = opened;
    const find = () => awaiting('find the known-good state').rollbackGoal({ entry, to });
    const goal = await step(run, 'preflight', find, { detail: describeGoal });
    const steps = rollbackSteps(entry.settings, schemaVersion);
    const change = await planChange(opened, { artifact: goal.artifact, steps });
    change.plan.waiveRestore();
    if (goal.isConfigurationOnly)
      run.record.note(
        'only the configuration goes back, the image stays; the next release brings the configuration of the catalog ' +
          'or the overlay: change it there first',
      );
    const { revision } = goal;
    const thawsWrites = entry.settings.writeSwitch !== undefined && schemaVersion !== undefined;
    if (goal.isServed && !thawsWrites) return changeResult(change, describeServedAlready(goal), { revision });
    requireSchemaDecision(change, schemaVersion, goal);
    if (dryRun)
      return changeResult(change, `planned: back to ${describeState(goal)}; nothing was changed`, { revision });
    return retreat(change, { goal, schemaVersion, writes: new WriteFreeze(change), held: null });
  });
}

async function retreat(change: Change, plan: Retreat): Promise<ChangeResult> {
  const { writes } = plan;
  try {
    return await goBack(change, plan);
  } catch (error) {
    await writes.thawOrWarn(error);
    const { warning } = writes;
    const failure = await compensate(change, error, { restores: [], held: plan.held, warning });
    throw describeIncomplete(change, failure, warning);
  }
}

async function goBack(change: Change, plan: Retreat): Promise<ChangeResult> {
  const { goal, writes } = plan;
  await enter(change);
  const held = holdOfLeftArtifact(change, goal);
  await repairCrossedSchema(change, plan);
  plan.held = held;
  const revision = await restoreOrRelease(change, plan);
  const { url } = change.plan.snapshot.live;
  if (writes.isOn) await thawAndVerify(change, writes, url);
  else await smoke(change, 'smoke-live', url);
  await readBack(change, { revision: null });
  const outcome = `rolled back to ${describeState(goal)}`;
  await finishChange(change, { outcome, revision, verified: true, held });
  return changeResult(change, outcome, { revision });
}

/** Repairs the schema as the plan of now wants it: what a preempted deploy ran may be more than was known before. */
async function repairCrossedSchema(change: Change, { goal, schemaVersion, writes }: Retreat): Promise<void> {
  const hasSwitch = change.entry.settings.writeSwitch !== undefined;
  const isCrossed = describeCrossing(change, goal) !== null || change.lease.handOver?.irreversible;
  if (schemaVersion !== undefined ? isCrossed || hasSwitch : isCrossed)
    await repairSchema(change, writes, schemaVersion ?? 'the version that the goal needs');
}

/**
 * Restores the goal: traffic first where the old revision still exists, else its artifact is released again. The first
 * write records the fence: nothing stands between the decision and the users. Answers the revision that serves.
 */
async function restoreOrRelease(change: Change, { goal, writes }: Retreat): Promise<string> {
  const { lease, run } = change;
  run.record.enter('restoring');
  const request = {
    snapshot: goalSnapshot(change, goal),
    candidate: lease.handOver?.candidate ?? null,
    summary: `back to ${goal.revision}`,
  };
  try {
    const { live } = await restore(change, request);
    return live.serving[0]?.revision ?? goal.revision;
  } catch (error) {
    if (!isFailure(error, 'Missing')) throw error;
    run.record.note(`${goal.revision} does not exist any more: its artifact is released again`);
    return releaseAgain(change, writes);
  }
}

async function releaseAgain(change: Change, writes: WriteFreeze): Promise<string> {
  const { migration, target } = change.entry.settings;
  const { key } = await stampFence(change);
  const candidate = await stage(change, key);
  const { revision, url } = candidate;
  if (migration && hasStandingJob(target)) await syncJob(change, { revision });
  if (hasCandidate(target)) await smoke(change, 'smoke-candidate', url, { readsOnly: writes.isOn });
  const live = await shift(change, candidate, snapshotBefore(change));
  return live.revision;
}

function describeServedAlready(goal: KnownGood): string {
  return `${describeState(goal)} serves already, template and migration job agree: nothing was changed`;
}

/** Answers how a rollback ends that did not reach its aim; writes that are frozen still are said in any case. */
function describeIncomplete({ effects }: Change, failure: unknown, warning: string): unknown {
  if (!isExpected(failure)) return failure;
  const message = [messageOf(failure), ...(warning ? [warning] : [])].join('; ');
  if (effects.reached('job') && !isFailure(failure, 'Drifted', 'Preempted'))
    return ending('RestoreFailed', `the rollback is not complete: ${message}`, failure);
  if (!warning) return failure;
  const type = (['Drifted', 'Preempted'] as const).find((outcome) => isFailure(failure, outcome));
  return ending(type ?? 'RestoreFailed', message, failure);
}
