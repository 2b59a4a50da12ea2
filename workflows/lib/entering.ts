import { condition, defineSignal, setHandler, workflowInfo } from '@temporalio/workflow';
import type { Artifact } from '../../contract/artifact.ts';
import type { Freeze, JoinAnswer } from '../../contract/environment.ts';
import { environmentWorkflowId } from '../../contract/ids.ts';
import { internalNames } from '../../contract/messages.ts';
import { shortHash, type Plan } from '../../contract/plan.ts';
import type { WaitingFor } from '../../contract/status.ts';
import { peopleOf } from '../../contract/people.ts';
import { reading } from './activities.ts';
import type { Change } from './change.ts';
import { slipwayCommand, temporalSignal } from './commands.ts';
import { ending } from './ending.ts';
import { stepBack } from './leaving.ts';
import { now } from './record.ts';
import { step } from './steps.ts';

/** A plan that was made void this often parks: somebody keeps changing the service by hand. */
const mostVoids = 3;

const firstWaitSeconds = 60;
const longestWaitSeconds = 3600;

/** Computes the plan; the world is read anew each time. Under the name `look-again` it is the check on entry. */
export async function makePlan(change: Change, artifact: Artifact | null, steps: string[], name: 'plan' | 'look-again' = 'plan'): Promise<void> {
  const { entry, kind, id } = change;
  const { standsFor } = change;
  const { plan, snapshot } = await step(change, name, () => reading('snapshot and plan').plan({ entry, kind, change: id, artifact, steps, standsFor }), {
    detail: ({ plan: { hash, rollbackTo, migrations } }) => [`plan ${shortHash(hash)}`, replaces(rollbackTo), describeMigrations(migrations)].join('; '),
  });
  change.planIs(plan, snapshot);
}

/**
 * From a plan to the right to carry it out: approvals first, outside the queue; then the queue; then the live state again. When it is not what was
 * approved, the approvals are void, visibly, and are asked for again under the same ticket (design section 4, steps 5 and 6).
 */
export async function approveAndEnter(change: Change, artifact: Artifact | null, steps: string[]): Promise<void> {
  for (let voids = 0; ; voids += 1) {
    if (voids >= mostVoids) await insist(change);
    await wayBack(change);
    await approval(change);
    await enterQueue(change);
    const approved = change.plan.hash;
    await makePlan(change, artifact, steps, 'look-again');
    if (change.plan.hash === approved) return;
    change.record.note(`the live state is not what plan ${shortHash(approved)} was made for: its approvals are void`);
    change.record.status.approvals = [];
    // Nobody else waits for people on account of this change; it comes back before those that came later.
    if (change.approvals.needs(change.plan)) await stepBack(change);
  }
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

async function approval(change: Change): Promise<void> {
  const { approvals, record, entry, plan } = change;
  approvals.ask(plan);
  record.status.approvals = approvals.granted;
  if (approvals.complete) return;
  const since = now();
  const until = new Date(Date.parse(since) + entry.place.approvals.expiresAfterMinutes * 60_000).toISOString();
  record.begin('approval');
  record.enter('approval', { kind: 'approval', ...askFor(change), since, until });
  const settled = await condition(() => approvals.complete || approvals.rejectedBy !== null, `${entry.place.approvals.expiresAfterMinutes} minutes`, { summary: 'approval expires' });
  approvals.open = false;
  const { rejectedBy } = approvals;
  if (rejectedBy) {
    record.end('approval', 'failed', { error: `rejected by ${rejectedBy.by}` });
    throw ending('Rejected', `rejected by ${rejectedBy.by}${rejectedBy.note ? `: ${rejectedBy.note}` : ''}`);
  }
  if (!settled) {
    record.end('approval', 'failed', { error: 'expired' });
    throw ending('Expired', `nobody approved plan ${shortHash(plan.hash)} until ${until}`);
  }
  record.enter('queued');
  record.end('approval', 'passed', { detail: approvals.granted.map(({ by, role }) => `${by} as ${role}`).join(', ') });
}

/** Who is needed and what they paste: one command a role, with the first person who may. */
function askFor(change: Change) {
  const { approvals, plan, reach, asked } = change;
  const missing = [...new Set(approvals.missing())];
  const first = missing.map((role) => ({ role, by: approvals.eligible(role)[0] ?? '' }));
  const hash = shortHash(plan.hash);
  return {
    what: `approval of plan ${hash} for ${asked.service} in ${asked.environment} by ${missing.join(' and ')}`,
    who: [...new Set(missing.flatMap((role) => approvals.eligible(role)))],
    commands: [
      ...first.map(({ role, by }) => temporalSignal(reach, 'approve', { by, role, plan: hash })),
      ...first.map(({ role, by }) => slipwayCommand('approve', { by, role, plan: hash })),
      ...first.slice(0, 1).map(({ role, by }) => temporalSignal(reach, 'reject', { by, role, plan: hash, note: 'why' })),
    ],
  };
}

/** Joins once; a change that holds the environment already keeps its grant. */
async function enterQueue(change: Change): Promise<void> {
  if (change.grantNumber !== null) return;
  change.inQueue = true;
  change.grantNumber = await step(change, 'queue', () => joined(change), { detail: (number) => `environment number ${number}` });
}

/**
 * Joins, and while the answer is a ticket waits to be told. Any client can send the signal, so it proves nothing: the environment itself is asked
 * again, and also after a while without one, since an environment that was terminated has forgotten its queue.
 */
async function joined(change: Change): Promise<number> {
  const { asked, id, kind, artifact, record } = change;
  const { service, environment } = asked;
  let told = false;
  setHandler(defineSignal(internalNames.granted), () => {
    told = true;
  });
  const { workflowId, firstExecutionRunId } = workflowInfo();
  const request = { change: id, kind, workflowId, firstExecutionRunId, owner: asked.requestedBy, reason: asked.reason ?? '', commit: artifact.commit, digest: artifact.digest, returning: change.record.step('queue').attempts > 1 };
  for (let waitSeconds = firstWaitSeconds; ; waitSeconds = Math.min(waitSeconds * 2, longestWaitSeconds)) {
    const answer = await reading('join the queue').join({ service, environment, request });
    const held = answer.holds.find(({ digest }) => digest !== '' && digest === artifact.digest);
    if (held && kind !== 'migrate') throw ending('OnHold', `this artifact was put on hold meanwhile, by change ${held.change}: ${held.reason}`);
    if (answer.grant) {
      change.handOver = answer.grant.handOver;
      return answer.grant.number;
    }
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
    what: holder ? `its turn: ${ahead.length} ahead, first ${holder.kind} ${holder.change} of ${holder.owner}` : `${environmentId} to be free`,
    since: since ?? now(),
    until: null,
    who: [...new Set(ahead.map(({ owner }) => owner))],
    commands: [`temporal workflow query --workflow-id ${environmentId} --name status`, slipwayCommand('environment show', { environment: asked.environment }, asked.service)],
  };
}

/** Who has frozen the environment, and the commands that end it. */
function waitsForFreeze({ asked, reach, entry }: Change, freeze: Freeze, { ahead, since }: JoinAnswer): WaitingFor {
  const { service, environment } = asked;
  const who = peopleOf(entry.owners, entry.place.operators);
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

/** No change begins without a way back, unless an operator takes it on himself (invariant I5). Asked once: the answer holds for the change. */
async function wayBack(change: Change): Promise<void> {
  const { obstacles } = change.snapshot;
  if (obstacles.length === 0 || change.withoutWayBack) return;
  const { action, by, note } = await change.parking.park('plan', `a restore would not succeed: ${obstacles.join('; ')}`, ['skip', 'abort'], change.entry.place.operators);
  const said = `${by}${note ? `: ${note}` : ''}`;
  if (action === 'abort') throw ending('Aborted', `given up by ${said}, since there is no way back: ${obstacles.join('; ')}`);
  change.withoutWayBack = true;
  change.record.end('plan', 'passed', { detail: `goes on without a way back by decision of ${said}` });
}

async function insist(change: Change): Promise<void> {
  const { action, by } = await change.parking.park('plan', `the live state changed ${mostVoids} times between approval and entry; find out who changes it`, ['retry', 'abort'], change.entry.place.operators);
  if (action === 'abort') throw ending('Aborted', `given up by ${by} because the live state kept changing`);
}
