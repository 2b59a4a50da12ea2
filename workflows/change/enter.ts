import { isCancellation } from '@temporalio/workflow';
import type { Review } from '../../activities/people/approvals.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { JoinAnswer } from '../../contract/environment.ts';
import { describeHold } from '../../contract/holds.ts';
import { releasesArtifact, shortHash } from '../../contract/plan.ts';
import { askPeople } from '../approvals/ask.ts';
import { lookups } from '../run/activities.ts';
import { ending, isExpected, messageOf } from '../run/failures.ts';
import { now } from '../run/journal.ts';
import { describeContested, step } from '../run/step.ts';
import type { Change } from './change.ts';
import { computePlan, describePlan, glancePlan, replacePlan } from './plan.ts';

/** A plan that becomes void this often parks: somebody keeps changing the service by hand. */
const maxVoids = 3;

/**
 * Enters the environment with an approved plan: approvals first, outside the queue; then the queue; then the live
 * state again, and who approved. When that is not what was approved, people are asked again under the same ticket
 * (design section 4, steps 5 and 6).
 */
export async function enter(change: Change): Promise<void> {
  for (let voids = 0; ; voids += 1) {
    if (voids >= maxVoids) await parkAfterRepeatedVoids(change);
    await waitForApproval(change);
    await acquireLease(change);
    if ((await recheck(change)) && (await isUncontested(change))) return requireRestorable(change);
    // Nobody else waits for people on account of this change; it comes back before those that came later. A rollback
    // keeps its grant, and what it was handed over (invariant I6).
    if (change.plan.content.approvals.length > 0 && change.kind !== 'rollback') await change.lease.giveBack();
  }
}

async function acquireLease({ entry, lease, request, plan, kind }: Change): Promise<void> {
  const { commit, digest } = plan.artifact;
  const ticket = { requestedBy: request.by, reason: request.reason, commit, digest };
  await lease.acquire(ticket, (answer) => {
    if (releasesArtifact(kind)) refuseHeld(entry, answer, digest);
  });
}

function refuseHeld(entry: CatalogEntry, { holds }: JoinAnswer, digest: string): void {
  const hold = holds.find((one) => one.digest !== '' && one.digest === digest);
  if (!hold) return;
  throw ending('OnHold', `meanwhile this artifact is ${describeHold(hold, entry)}`);
}

/** Rechecks on entry, before anything is written: the live state and the catalog's people as they are now. */
async function recheck(change: Change): Promise<boolean> {
  const look = async () => ({
    ...(await computePlan(change, change.source, { entering: true })),
    review: await reviewApprovals(change),
  });
  const { review, ...next } = await step(change.run, 'recheck', look, { detail: describePlan });
  const isVoid = replacePlan(change, next);
  return applyReview(change, review) && !isVoid;
}

async function reviewApprovals(change: Change): Promise<Review | null> {
  try {
    return await askForReview(change);
  } catch (error) {
    // A half-saved file of the catalog blocks no rollback (invariant I6).
    if (change.kind !== 'rollback' || !isExpected(error) || isCancellation(error)) throw error;
    change.run.record.note(
      `the catalog cannot be read, so the approvals count as they were given: ${messageOf(error)}`,
    );
    return null;
  }
}

async function askForReview({ approvals, entry, kind, request, run }: Change): Promise<Review> {
  const { service, environment } = entry;
  const granted = approvals.granted.filter(({ gate }) => gate === 'plan');
  const subject = { change: run.id, service, environment, kind, requestedBy: request.by };
  return lookups.reviewApprovals({ ...subject, approvals: granted, at: now() });
}

/** Applies what the catalog of now says of people: an approval that does not count any more is asked for again. */
function applyReview({ approvals, kind, run }: Change, review: Review | null): boolean {
  if (!review) return true;
  const { invalidated, requester, owners, signers } = review;
  const { record } = run;
  if (requester !== null && kind !== 'rollback')
    throw ending('Rejected', `the request is not allowed any more: ${requester}`);
  if (requester !== null) record.note(`the rollback goes on, because nothing blocks a rollback: ${requester}`);
  approvals.people.update({ owners, signers });
  for (const { by, reason } of invalidated)
    record.refuse('approve', by, `the approval does not count any more: ${reason}`);
  approvals.void(
    'plan',
    invalidated.map(({ by }) => by),
  );
  record.status.approvals = approvals.granted;
  return invalidated.length === 0;
}

/** Waits for the approvals of the plan, and anew when it turns out to be another one while people think about it. */
async function waitForApproval(change: Change): Promise<void> {
  const { run, entry, approvals } = change;
  const { record } = run;
  const context = { record, approvals, policy: entry.settings.approvals, endpoint: run.endpoint };
  for (;;) {
    await requireRestorable(change);
    if (!(await isUncontested(change))) {
      const look = () => computePlan(change, change.source);
      replacePlan(change, await step(run, 'plan', look, { detail: describePlan }));
      continue;
    }
    const { content, hash, replacedBecause } = change.plan;
    const where = `${entry.service} in ${entry.environment}`;
    const subject = `plan ${shortHash(hash)} for ${where}${replacedBecause ? ` (new plan: ${replacedBecause})` : ''}`;
    const question = { gate: 'plan' as const, plan: content, required: content.approvals, subject };
    const answer = await askPeople(context, { ...question, isVoid: () => hasPlanChanged(change) });
    if (answer.kind === 'nobody') return;
    if (answer.kind === 'void') continue;
    if (answer.kind === 'rejected' || answer.kind === 'expired') {
      record.steps.end('approval', 'failed', { error: answer.why });
      throw ending(answer.kind === 'rejected' ? 'Rejected' : 'Expired', answer.why);
    }
    // After a plan that was void on entry it waits for its turn once more.
    record.steps.resetForNextPass(['queue']);
    record.enter('queued');
    record.steps.end('approval', 'passed', { detail: approvals.granted.map(describeApproval).join(', ') });
    return;
  }
}

function describeApproval({ by, role, breakGlass }: { by: string; role: string; breakGlass?: true }): string {
  return `${by} as ${role}${breakGlass ? ', break-glass' : ''}`;
}

/** Looks at the world while people think about a plan: they should not approve what is void already. */
async function hasPlanChanged(change: Change): Promise<boolean> {
  try {
    const found = await glancePlan(change, change.source);
    return change.plan.isReplacedBy(found) && replacePlan(change, found);
  } catch (error) {
    if (!isExpected(error) || isCancellation(error)) throw error;
    change.run.record.note(`could not check whether the live state has changed: ${messageOf(error)}`);
    return false;
  }
}

/**
 * Requires a way back before anything is written, unless an operator takes it on themselves (invariant I5). Asked
 * once, and again on entry, since a revision may have been deleted meanwhile; the answer holds for the change.
 */
async function requireRestorable({ plan, run, entry }: Change): Promise<void> {
  const { obstacles } = plan.snapshot;
  if (obstacles.length === 0 || plan.restoreWaived) return;
  const { said } = await run.parking.ask({
    step: 'plan',
    why: `a restore would not succeed: ${obstacles.join('; ')}`,
    actions: ['skip', 'abort'],
    roles: entry.settings.operators,
  });
  plan.waiveRestore();
  run.record.steps.end('plan', 'passed', {
    detail: `goes on although a restore would not succeed, by decision of ${said}`,
  });
}

/**
 * Asks an operator before the plan overwrites what somebody else has changed. Answers false when they want another
 * look, since it was put back. What they force is exactly what they were told.
 */
async function isUncontested({ plan, run, entry }: Change): Promise<boolean> {
  const { contested } = plan;
  if (contested.length === 0) return true;
  const { decision, said } = await run.parking.ask({
    step: 'plan',
    why: describeContested(contested),
    actions: ['retry', 'force', 'abort'],
    roles: entry.settings.operators,
  });
  if (decision !== 'force') return false;
  plan.force(contested);
  run.record.steps.end('plan', 'passed', {
    detail: `overwrites what somebody else has changed, by decision of ${said}`,
  });
  run.record.note(`to be overwritten by decision of ${said}: ${contested.join('; ')}`);
  return true;
}

async function parkAfterRepeatedVoids({ run, entry }: Change): Promise<void> {
  await run.parking.ask({
    step: 'plan',
    why:
      `${maxVoids} times the plan was void on entry: the live state had changed, or an approval did not count ` +
      'any more; find out who changes the service or the catalog, then retry',
    actions: ['retry', 'abort'],
    roles: entry.settings.operators,
  });
}
