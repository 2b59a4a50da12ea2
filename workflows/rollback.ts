import type { KnownGood } from '../activities/rollbackGoal.ts';
import { rollbackInput } from '../contract/inputs.ts';
import type { Snapshot } from '../contract/live.ts';
import type { ChangeResult } from '../contract/status.ts';
import { reading, writing } from './lib/activities.ts';
import { readBack, shift, stage, stampFence } from './lib/carryOut.ts';
import { Change } from './lib/change.ts';
import { ending, isExpected, isFailure, messageOf } from './lib/ending.ts';
import { approveAndEnter, makePlan } from './lib/entering.ts';
import { smoke } from './lib/gates.ts';
import { leave } from './lib/leaving.ts';
import { syncJob } from './lib/migration.ts';
import { step } from './lib/steps.ts';
import { undo } from './lib/undo.ts';

const steps = ['queue', 'look-again', 'restore', 'smoke-live', 'read-back', 'ledger'];

/**
 * Back to a named known-good state (runbook 004, rollback procedure; runbook 001, section 7). Neither a freeze nor the queue stops it, and a deploy
 * that holds the environment yields at its next safe point (invariant I6).
 */
export async function rollback(raw: unknown): Promise<ChangeResult> {
  const change = new Change('rollback');
  return change.conclude(async () => {
    const input = await change.open(rollbackInput, raw, ({ environment }) => environment);
    const { entry } = change;
    const goal = await step(change, 'preflight', () => reading('find the known-good state').rollbackGoal({ entry, to: input.to ?? null }), { detail: describeGoal });
    change.withoutWayBack = true;
    change.record.enter('planning');
    await makePlan(change, goal.artifact, steps);
    if (goal.isServed) return change.result(`${describe(goal)} serves already, template and migration job agree: nothing was changed`, { revision: goal.revision, url: change.snapshot.live.url });
    const crossesSchema = refuseOrCross(change, input.schemaVersion);
    if (input.dryRun) return change.result(`planned: back to ${describe(goal)}; nothing was changed`, { revision: goal.revision, url: change.snapshot.live.url });
    try {
      return await back(change, goal, crossesSchema ? (input.schemaVersion ?? '') : null);
    } catch (error) {
      const left = await undo(change, error);
      throw change.touched && isExpected(left) && !isFailure(left, 'Drifted', 'Preempted') ? ending('RestoreFailed', `the rollback is not complete: ${messageOf(left)}`, left) : left;
    }
  });
}

async function back(change: Change, goal: KnownGood, schemaVersion: string | null): Promise<ChangeResult> {
  await approveAndEnter(change, goal.artifact, steps);
  const leaves = change.snapshot.live.serving.find(({ digest }) => digest !== goal.artifact.digest);
  if (schemaVersion !== null) await repairSchema(change, schemaVersion);
  // The deploy that yielded may have run what the plan, made from what served, knows nothing of.
  else if (change.handOver?.irreversible) await repairSchema(change, 'what the goal knows');
  if (leaves) {
    change.leavesBehind = { digest: leaves.digest, commit: leaves.commit, reason: `rolled back by ${change.asked.requestedBy}: ${change.asked.reason ?? ''}` };
  }
  const revision = await restoreOrRelease(change, goal);
  const { url } = change.snapshot.live;
  await smoke(change, 'smoke-live', url);
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
    const { live } = await step(change, 'restore', (attempt) => writing(`back to ${goal.revision}`).restore({ entry, marker: change.marker('restore', attempt), snapshot, candidate: handOver?.candidate ?? null }), {
      detail: (result) => result.live.serving.map((one) => `${one.revision} serves ${one.percent} %`).join(', '),
      lastResort: true,
    });
    return live.serving[0]?.revision ?? goal.revision;
  } catch (error) {
    if (!isFailure(error, 'Missing')) throw error;
    change.record.note(`${goal.revision} does not exist any more: its artifact is released again`);
    const candidate = await stage(change, await stampFence(change));
    if (entry.place.migration) await syncJob(change, candidate.revision, '');
    await smoke(change, 'smoke-candidate', candidate.url);
    await shift(change, candidate, asBefore(change));
    return candidate.revision;
  }
}

/** The snapshot with the traffic's shape of before a pre-empted change, which pins while it stages. */
function asBefore({ snapshot, handOver }: Change): Snapshot {
  return handOver ? { ...snapshot, live: { ...snapshot.live, traffic: handOver.traffic } } : snapshot;
}

/** The state to go to, in the form of a snapshot: the goal's revision and image, in the shape that the traffic had before a pre-empted change. */
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

/** Old code over a schema that it does not know: refused before anything is touched, until the data owner takes it on (invariant I8). */
function refuseOrCross({ plan }: Change, schemaVersion: string | undefined): boolean {
  const crossed = plan.migrations?.filter(({ compatibility }) => compatibility === 'incompatible') ?? null;
  if (crossed?.length === 0) return false;
  if (schemaVersion !== undefined) return true;
  const what = crossed === null ? 'migrations between the two states that nobody can name (a commit is unknown)' : `incompatible migrations: ${crossed.map(({ name }) => name).join(', ')}`;
  throw ending('InvalidInput', `schemaVersion: this rollback goes back across ${what}; say with schemaVersion to which version the schema is brought by hand, and the data owner is asked`);
}

/** Freeze writes, repair by hand, verify: done by the data owner, with recorded evidence (runbook 004, rollback procedure, step 4). */
async function repairSchema(change: Change, schemaVersion: string): Promise<void> {
  const { owners, place } = change.entry;
  const roles = owners['data-owner'] ? ['data-owner'] : place.operators;
  const { action, by, note } = await change.parking.park('schema', `freeze writes, bring the schema to ${schemaVersion} by hand, check reads and writes, then markDone with the evidence`, ['markDone', 'abort'], roles);
  if (action === 'abort') throw ending('Aborted', `given up by ${by}: ${note}`);
  change.record.end('schema', 'passed', { detail: `schema at ${schemaVersion}, by ${by}: ${note}` });
}

function describe({ artifact, revision, change, verified }: KnownGood): string {
  return `${revision} (commit ${artifact.commit.slice(0, 12) || 'unknown'}, ${verified ? 'verified by' : 'served before'} change ${change})`;
}

function describeGoal(goal: KnownGood): string {
  return [describe(goal), ...(goal.unchecked ? [`could not be asked: ${goal.unchecked}`] : [])].join('; ');
}
