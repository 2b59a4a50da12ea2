import type { KnownGood } from '../activities/known-good/rollback-goal.ts';
import type { EnvironmentEntry } from '../contract/catalog/catalog.ts';
import { rollbackInput } from '../contract/inputs.ts';
import type { Snapshot } from '../contract/live.ts';
import type { ChangeResult } from '../contract/status.ts';
import { reading, writing } from './run/activities.ts';
import { readBack, shift, stage, stampFence } from './change/roll-out.ts';
import { Change } from './change/change.ts';
import { ending, isExpected, isFailure, messageOf } from './run/failures.ts';
import { approveAndEnter, makePlan } from './change/enter.ts';
import { smoke } from './change/steps/gates.ts';
import { leave } from './change/finish.ts';
import { syncJob } from './change/steps/migrate.ts';
import { refuseOrCross, reopenWrites, repairSchema } from './rollback/schema-repair.ts';
import { step } from './run/step.ts';
import { undo } from './change/compensate.ts';
import { settleWrites } from './rollback/write-freeze.ts';

/** As a plan lists them; across a schema with what the data owner does, and the declared switch around it. */
function stepsOf({ writeSwitch }: EnvironmentEntry, schemaVersion: string | undefined): string[] {
  const around = schemaVersion !== undefined && writeSwitch !== undefined;
  return [
    ...[
      'queue',
      'look-again',
      ...(around ? ['freeze-writes'] : []),
      ...(schemaVersion === undefined ? [] : ['schema']),
    ],
    ...['restore', 'smoke-live', ...(around ? ['thaw-writes', 'verify-writes'] : []), 'read-back', 'ledger'],
  ];
}

/**
 * Back to a named known-good state (runbook 004, rollback procedure; runbook 001, section 7). Neither a freeze nor
 * the queue stops it, and a deploy that holds the environment yields at its next safe point (invariant I6).
 */
export async function rollback(raw: unknown): Promise<ChangeResult> {
  const change = new Change('rollback');
  return change.conclude(async () => {
    const input = await change.open(rollbackInput, raw, ({ environment }) => environment);
    const { entry } = change;
    const goal = await step(
      change,
      'preflight',
      () => reading('find the known-good state').rollbackGoal({ entry, to: input.to ?? null }),
      { detail: describeGoal },
    );
    change.withoutWayBack = true;
    change.record.enter('planning');
    const steps = stepsOf(entry.settings, input.schemaVersion);
    await makePlan(change, goal.artifact, steps);
    if (goal.isServed && !(entry.settings.writeSwitch && input.schemaVersion !== undefined))
      return change.result(`${describe(goal)} serves already, template and migration job agree: nothing was changed`, {
        revision: goal.revision,
        url: change.snapshot.live.url,
      });
    const crossesSchema = refuseOrCross(change, input.schemaVersion, goal.unreleasedSchemaChanges);
    if (input.dryRun)
      return change.result(`planned: back to ${describe(goal)}; nothing was changed`, {
        revision: goal.revision,
        url: change.snapshot.live.url,
      });
    try {
      return await back(change, goal, steps, crossesSchema ? (input.schemaVersion ?? '') : null);
    } catch (error) {
      await settleWrites(change, error);
      throw incomplete(change, await undo(change, error));
    }
  });
}

/** How a rollback ends that did not reach its aim; writes that are still frozen are said in any case. */
function incomplete({ touched, warning }: Change, left: unknown): unknown {
  if (!isExpected(left)) return left;
  const said = [messageOf(left), ...(warning ? [warning] : [])].join('; ');
  if (touched && !isFailure(left, 'Drifted', 'Preempted'))
    return ending('RestoreFailed', `the rollback is not complete: ${said}`, left);
  return warning
    ? ending(
        isFailure(left, 'Drifted') ? 'Drifted' : isFailure(left, 'Preempted') ? 'Preempted' : 'RestoreFailed',
        said,
        left,
      )
    : left;
}

async function back(
  change: Change,
  goal: KnownGood,
  steps: string[],
  schemaVersion: string | null,
): Promise<ChangeResult> {
  await approveAndEnter(change, goal.artifact, steps);
  const leaves = change.snapshot.live.serving.find(({ digest }) => digest !== goal.artifact.digest);
  if (schemaVersion !== null) await repairSchema(change, schemaVersion);
  // The deploy that yielded may have run what the plan, made from what served, knows nothing of.
  else if (change.handOver?.irreversible) await repairSchema(change, 'what the goal knows');
  if (leaves) {
    change.leavesBehind = {
      digest: leaves.digest,
      commit: leaves.commit,
      reason: `rolled back by ${change.asked.requestedBy}: ${change.asked.reason ?? ''}`,
    };
  }
  const revision = await restoreOrRelease(change, goal);
  const { url } = change.snapshot.live;
  if (change.writes === 'open') await smoke(change, 'smoke-live', url);
  else await reopenWrites(change, url);
  await readBack(change, null);
  await leave(change, { outcome: `rolled back to ${describe(goal)}`, revision, verified: true });
  return change.result(`rolled back to ${describe(goal)}`, { revision, url });
}

/**
 * Traffic first where the old revision still exists, else the artifact again. The first write records the
 * fence: nothing stands between the decision and the users. Answers the revision that serves.
 */
async function restoreOrRelease(change: Change, goal: KnownGood): Promise<string> {
  change.record.enter('restoring');
  change.touched = true;
  const { entry, handOver } = change;
  const snapshot = goalSnapshot(change, goal);
  try {
    const { live } = await step(
      change,
      'restore',
      (attempt) =>
        writing(`back to ${goal.revision}`).restore({
          entry,
          marker: change.marker('restore', attempt),
          snapshot,
          candidate: handOver?.candidate ?? null,
        }),
      {
        detail: (result) => result.live.serving.map((one) => `${one.revision} serves ${one.percent} %`).join(', '),
        lastResort: true,
      },
    );
    return live.serving[0]?.revision ?? goal.revision;
  } catch (error) {
    if (!isFailure(error, 'Missing')) throw error;
    change.record.note(`${goal.revision} does not exist any more: its artifact is released again`);
    const candidate = await stage(change, await stampFence(change));
    if (entry.settings.migration) await syncJob(change, candidate.revision, '');
    await smoke(change, 'smoke-candidate', candidate.url, { readsOnly: change.writes !== 'open' });
    await shift(change, candidate, asBefore(change));
    return candidate.revision;
  }
}

/** The snapshot with the traffic's shape of before a pre-empted change, which pins while it stages. */
function asBefore({ snapshot, handOver }: Change): Snapshot {
  return handOver ? { ...snapshot, live: { ...snapshot.live, traffic: handOver.traffic } } : snapshot;
}

/**
 * The state to go to, in the form of a snapshot: the goal's revision and image, in the shape that the traffic had
 * before a pre-empted change.
 */
function goalSnapshot({ snapshot, handOver }: Change, { artifact, revision }: KnownGood): Snapshot {
  const { live } = snapshot;
  const good = { revision, digest: artifact.digest, commit: artifact.commit, percent: 100 };
  const follows = (handOver?.traffic ?? live.traffic).some((share) => share.revision === null);
  return {
    takenAt: snapshot.takenAt,
    good,
    obstacles: [],
    live: {
      ...live,
      key: '',
      serving: [good],
      traffic: [{ revision: follows ? null : revision, percent: 100, tag: null }],
      template: { revision, digest: artifact.digest },
      job: live.job && { ...live.job, image: artifact.image, digest: artifact.digest },
    },
  };
}

function describe({ artifact, revision, change, verified }: KnownGood): string {
  return `${revision} (commit ${artifact.commit.slice(0, 12) || 'unknown'}, ${verified ? 'verified by' : 'served before'} change ${change})`;
}

function describeGoal(goal: KnownGood): string {
  return [describe(goal), ...(goal.unchecked ? [`could not be asked: ${goal.unchecked}`] : [])].join('; ');
}
