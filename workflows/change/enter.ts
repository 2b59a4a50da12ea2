import { condition, isCancellation, patched, workflowInfo } from '@temporalio/workflow';
import type { Review } from '../../activities/people/approvals.ts';
import type { PlanResult } from '../../activities/planning.ts';
import type { Artifact } from '../../contract/artifact.ts';
import type { Freeze, JoinAnswer } from '../../contract/environment.ts';
import { environmentWorkflowId } from '../../contract/ids.ts';
import { shortHash, type Plan } from '../../contract/plan.ts';
import type { WaitingFor } from '../../contract/status.ts';
import { peopleOf } from '../../contract/people.ts';
import { lookups, reading } from '../run/activities.ts';
import { askPeople } from '../approvals/ask.ts';
import type { Change } from './change.ts';
import { slipwayCommand, temporalSignal } from '../run/commands.ts';
import { describeDrift } from './plan-diff.ts';
import { ending, isExpected, messageOf } from '../run/failures.ts';
import { stepBack } from './finish.ts';
import { now } from '../run/record.ts';
import { step } from '../run/step.ts';

/** A plan that was made void this often parks: somebody keeps changing the service by hand. */
const mostVoids = 3;

const firstWaitSeconds = 60;
const longestWaitSeconds = 3600;

/** Computes the plan; the world is read anew each time. */
export async function makePlan(change: Change, artifact: Artifact | null, steps: string[]): Promise<void> {
  const { plan, snapshot } = await step(change, 'plan', () => planned(change, artifact, steps), {
    detail: describePlan,
  });
  change.planIs(plan, snapshot);
}

/**
 * From a plan to the right to carry it out: approvals first, outside the queue; then the queue; then the live state
 * again, and who approved. When it is not what was approved, or an approval does not count any more, people are asked
 * again under the same ticket (design section 4, steps 5 and 6).
 */
export async function approveAndEnter(change: Change, artifact: Artifact | null, steps: string[]): Promise<void> {
  for (let voids = 0; ; voids += 1) {
    if (voids >= mostVoids) await insist(change);
    await approval(change, artifact, steps);
    await enterQueue(change);
    if (await stillApproved(change, artifact, steps)) return wayBackOnEntry(change);
    // Nobody else waits for people on account of this change; it comes back before those that came later.
    if (change.approvals.needs(change.plan)) await stepBack(change);
  }
}

/** The check on entry: the live state and the catalog's people as they are now, before anything is written. */
async function stillApproved(change: Change, artifact: Artifact | null, steps: string[]): Promise<boolean> {
  const before = change.plan;
  const { plan, snapshot, review } = await step(
    change,
    'look-again',
    async () => ({ ...(await planned(change, artifact, steps, true)), review: await reviewed(change) }),
    { detail: describePlan },
  );
  const same = plan.hash === before.hash;
  if (same) change.planIs(plan, snapshot);
  else becomes(change, { plan, snapshot });
  return stillCount(change, review) && same;
}

/** Approvals once more, by the catalog of now. Histories of before this was done go on without. */
async function reviewed({ approvals, asked, id, kind }: Change): Promise<Review | null> {
  if (!patched('review-on-entry')) return null;
  const { service, environment, requestedBy } = asked;
  return lookups.reviewApprovals({
    change: id,
    service,
    environment,
    kind,
    requestedBy,
    approvals: approvals.granted.filter(({ gate }) => gate === 'plan'),
    at: now(),
  });
}

/** What the review says of people: who fell is refused with the reason, and is asked for again. */
function stillCount({ approvals, kind, record }: Change, review: Review | null): boolean {
  if (review === null) return true;
  const { fallen, requester } = review;
  if (requester !== null && kind !== 'rollback') throw ending('Rejected', `not allowed any more: ${requester}`);
  if (requester !== null) record.note(`goes on, since a rollback is never blocked: ${requester}`);
  approvals.peopleAre(review);
  for (const { by, reason } of fallen) record.refuse('approve', by, `does not count any more: ${reason}`);
  approvals.drop(
    'plan',
    fallen.map(({ by }) => by),
  );
  record.status.approvals = approvals.granted;
  return fallen.length === 0;
}

async function planned(
  { entry, kind, id, standsFor }: Change,
  artifact: Artifact | null,
  steps: string[],
  entering = false,
): Promise<PlanResult> {
  return reading('snapshot and plan').plan({ entry, kind, change: id, artifact, steps, standsFor, entering });
}

/** The live state is not what the plan was made for: another plan, and what was approved is void (invariant I4). */
function becomes(change: Change, { plan, snapshot }: PlanResult): void {
  const { approvals, record, plan: before } = change;
  change.drift = describeDrift(before.live, plan.live);
  record.note(
    `the live state is not what plan ${shortHash(before.hash)} was made for: its approvals are void${change.drift ? `; ${change.drift}` : ''}`,
  );
  change.planIs(plan, snapshot);
  approvals.drop('plan');
  record.status.approvals = approvals.granted;
}

/** While people think about a plan, the world goes on: they should not approve what is void already. */
async function isAnother(change: Change, artifact: Artifact | null, steps: string[]): Promise<boolean> {
  try {
    const found = await planned(change, artifact, steps);
    if (found.plan.hash === change.plan.hash) return false;
    becomes(change, found);
    return true;
  } catch (error) {
    if (!isExpected(error) || isCancellation(error)) throw error;
    change.record.note(`whether the live state has changed is not known: ${messageOf(error)}`);
    return false;
  }
}

function describePlan({ plan: { hash, rollbackTo, migrations } }: PlanResult): string {
  return [`plan ${shortHash(hash)}`, replaces(rollbackTo), describeMigrations(migrations)].join('; ');
}

function replaces(rollbackTo: Plan['rollbackTo']): string {
  if (!rollbackTo) return 'nothing serves yet, so there is nothing to go back to';
  return `serves now and is the way back: ${rollbackTo.revision} (commit ${rollbackTo.commit.slice(0, 12) || 'unknown'})`;
}

function describeMigrations(migrations: Plan['migrations']): string {
  if (migrations === null) return 'its migrations are not known, so they count as incompatible';
  if (migrations.length === 0) return 'no migrations';
  return `migrations: ${migrations.map(({ name, compatibility }) => `${name} (${compatibility})`).join(', ')}`;
}

/** Outside the queue, and anew when the plan turns out to be another one while people think about it. */
async function approval(change: Change, artifact: Artifact | null, steps: string[]): Promise<void> {
  const { record, asked, approvals } = change;
  for (;;) {
    await wayBack(change);
    const { plan, drift } = change;
    const what = `plan ${shortHash(plan.hash)} for ${asked.service} in ${asked.environment}${drift ? ` (anew: ${drift})` : ''}`;
    const answer = await askPeople(change, {
      gate: 'plan',
      required: plan.approvals,
      what,
      again: () => isAnother(change, artifact, steps),
    });
    if (answer.kind === 'nobody') return;
    if (answer.kind === 'again') continue;
    if (answer.kind === 'rejected' || answer.kind === 'expired') {
      record.end('approval', 'failed', { error: answer.why });
      throw ending(answer.kind === 'rejected' ? 'Rejected' : 'Expired', answer.why);
    }
    record.enter('queued');
    record.end('approval', 'passed', {
      detail: approvals.granted
        .map(({ by, role, breakGlass }) => `${by} as ${role}${breakGlass ? ', break-glass' : ''}`)
        .join(', '),
    });
    return;
  }
}

/** Joins once; a change that holds the environment already keeps its grant. */
async function enterQueue(change: Change): Promise<void> {
  if (change.grantNumber !== null) return;
  change.inQueue = true;
  change.grantNumber = await step(change, 'queue', () => joined(change), {
    detail: (number) => `environment number ${number}`,
  });
}

/**
 * Joins, and while the answer is a ticket waits to be told. Any client can send the signal, so it proves nothing: the
 * environment itself is asked again, and also after a while without one, since an environment that was terminated has
 * forgotten its queue.
 */
async function joined(change: Change): Promise<number> {
  try {
    return await waitForGrant(change);
  } finally {
    change.lease.joins = null;
    change.queued = null;
  }
}

async function waitForGrant(change: Change): Promise<number> {
  const { asked, id, kind, artifact, record } = change;
  const { service, environment } = asked;
  let told = false;
  // Before it asks for the first time: its turn may be announced before the answer to that is here.
  const queued: NonNullable<Change['queued']> = {
    freeze: null,
    askAgain: () => {
      told = true;
    },
  };
  change.queued = queued;
  const { workflowId, firstExecutionRunId } = workflowInfo();
  const caller = { workflowId, firstExecutionRunId };
  change.lease.joins = {
    change: id,
    kind,
    ...caller,
    owner: asked.requestedBy,
    reason: asked.reason ?? '',
    commit: artifact.commit,
    digest: artifact.digest,
    windows: change.entry.settings.freezes ? JSON.stringify(change.entry.settings.freezes) : '',
    returning: change.record.attemptsOf('queue') > 1,
  };
  for (let waitSeconds = firstWaitSeconds; ; waitSeconds = Math.min(waitSeconds * 2, longestWaitSeconds)) {
    const answer = await reading('join the queue').join({ service, environment, caller });
    const held = answer.holds.find(({ digest }) => digest !== '' && digest === artifact.digest);
    if (held && kind !== 'migrate')
      throw ending('OnHold', `this artifact was put on hold meanwhile, by change ${held.change}: ${held.reason}`);
    if (answer.grant) {
      change.handOver = answer.grant.handOver;
      return answer.grant.number;
    }
    queued.freeze = answer.freeze ?? null;
    record.enter('queued', waitsInQueue(change, answer));
    await condition(() => told, `${waitSeconds} seconds`, { summary: 'ask the environment again' });
    told = false;
  }
}

function waitsInQueue(change: Change, answer: JoinAnswer): WaitingFor {
  const { asked } = change;
  const { ahead, freeze, since } = answer;
  if (freeze) return waitsForFreeze(change, freeze, answer);
  const environmentId = environmentWorkflowId(asked.service, asked.environment);
  const holder = ahead[0];
  return {
    kind: 'queue',
    what: holder
      ? `its turn: ${ahead.length} ahead, first ${holder.kind} ${holder.change} of ${holder.owner}`
      : `${environmentId} to be free`,
    since: since ?? now(),
    until: null,
    who: [...new Set(ahead.map(({ owner }) => owner))],
    commands: [
      `temporal workflow query --workflow-id ${environmentId} --name status`,
      slipwayCommand('environment show', { environment: asked.environment }, asked.service),
    ],
  };
}

/** Who has frozen the environment, and the commands that end it. */
function waitsForFreeze({ asked, reach, entry }: Change, freeze: Freeze, { ahead, since }: JoinAnswer): WaitingFor {
  const { service, environment } = asked;
  const who = peopleOf(entry.owners, entry.settings.operators);
  const by = who.find((person) => person === freeze.by) ?? who[0] ?? '';
  const reason = 'the freeze is over';
  return {
    kind: 'freeze',
    what: `the end of the freeze of ${freeze.by}: ${freeze.reason}${ahead.length > 0 ? `; ${ahead.length} ahead` : ''}`,
    since: since ?? now(),
    until: freeze.until,
    who: [...new Set([freeze.by, ...who])].filter((person) => who.includes(person)),
    commands: [
      temporalSignal(reach, 'unfreeze', { by, reason }, environmentWorkflowId(service, environment)),
      slipwayCommand('environment unfreeze', { environment, by, reason }, service),
      slipwayCommand('environment show', { environment }, service),
    ],
  };
}

/**
 * No change begins without a way back, unless an operator takes it on himself (invariant I5). Asked once: the answer
 * holds for the change.
 */
async function wayBack(change: Change): Promise<void> {
  const { obstacles } = change.snapshot;
  if (obstacles.length === 0 || change.withoutWayBack) return;
  const { action, by, note } = await change.parking.park(
    'plan',
    `a restore would not succeed: ${obstacles.join('; ')}`,
    ['skip', 'abort'],
    change.entry.settings.operators,
  );
  const said = `${by}${note ? `: ${note}` : ''}`;
  if (action === 'abort')
    throw ending('Aborted', `given up by ${said}, since there is no way back: ${obstacles.join('; ')}`);
  change.withoutWayBack = true;
  change.record.end('plan', 'passed', { detail: `goes on without a way back by decision of ${said}` });
}

/**
 * The plan is the same, and yet the way back may have gone since: a revision was deleted, the service does not
 * settle.
 */
async function wayBackOnEntry(change: Change): Promise<void> {
  if (change.snapshot.obstacles.length > 0 && !change.withoutWayBack && patched('way-back-on-entry'))
    await wayBack(change);
}

async function insist(change: Change): Promise<void> {
  const { action, by } = await change.parking.park(
    'plan',
    `${mostVoids} times the live state was another one on entry than was approved, or an approval did not count any more; find out who changes it`,
    ['retry', 'abort'],
    change.entry.settings.operators,
  );
  if (action === 'abort') throw ending('Aborted', `given up by ${by} because the live state kept changing`);
}
