import type { Review } from '../../activities/people/approvals.ts';
import { drillSteps, type DrillPlan } from '../../contract/drill.ts';
import { shortHash } from '../../contract/plan.ts';
import type { StepName } from '../../contract/step-names.ts';
import { lookups, reading, writing } from '../run/activities.ts';
import { ending } from '../run/failures.ts';
import { now } from '../run/journal.ts';
import { step } from '../run/step.ts';
import type { Drill } from './drill-run.ts';

/** Reads what the drill will disturb and shows it: from here on there is something to approve. */
export async function planDrill(drill: Drill): Promise<DrillPlan> {
  const { run, policy } = drill;
  run.record.enter('planning');
  const plan = await step(run, 'plan', () => readPlan(drill), { detail: describePlan });
  const { commit, digest } = plan.artifact;
  Object.assign(run.record.status, { plan: plan.hash, commit, digest });
  const toCome: StepName[] = [
    ...(policy.approvals.length > 0 ? (['approval'] as const) : []),
    ...(['queue', 'recheck', 'fence'] as const),
    ...plan.parts.map((part) => drillSteps[part]),
    ...(['read-back', 'ledger'] as const),
  ];
  for (const name of toCome) run.record.steps.get(name, '');
  run.record.describe();
  return plan;
}

/** Enters the environment: the queue, then all that was read and approved again, then the fence (invariant I3). */
export async function enterForDrill(drill: Drill, plan: DrillPlan): Promise<void> {
  const { run, entry, lease, request } = drill;
  const { commit, digest } = plan.artifact;
  await lease.acquire({ requestedBy: request.by, reason: request.reason, commit, digest }, () => undefined);
  const recheck = async () => {
    requireUnchanged(plan, await readPlan(drill));
    requireAllowed(await review(drill));
  };
  await step(run, 'recheck', recheck, { detail: () => 'what serves, and who may, is as before' });
  await step(run, 'fence', (attempt) =>
    writing('stamp the fence').stamp({ entry, marker: lease.marker('fence', attempt), expected: plan.key }),
  );
}

async function readPlan({ entry, run, parts }: Drill): Promise<DrillPlan> {
  return reading('what a drill would disturb').planDrill({ entry, change: run.id, parts });
}

async function review({ approvals, entry, request, run }: Drill): Promise<Review> {
  const { service, environment } = entry;
  const subject = { change: run.id, service, environment, kind: 'drill' as const, requestedBy: request.by };
  return lookups.reviewApprovals({ ...subject, approvals: approvals.granted, at: now() });
}

/** Requires that the same serves as when the drill was approved (invariant I4). */
function requireUnchanged(approved: DrillPlan, found: DrillPlan): void {
  if (approved.hash === found.hash && approved.key === found.key) return;
  throw ending('Aborted', 'what serves has changed since the drill was planned: start it again');
}

function requireAllowed({ requester, invalidated: [lost] }: Review): void {
  if (requester !== null) throw ending('Rejected', `the request is not allowed any more: ${requester}`);
  if (lost) throw ending('Rejected', `the approval of ${lost.by} does not count any more: ${lost.reason}`);
}

function describePlan({ hash, parts, revision }: DrillPlan): string {
  return `plan ${shortHash(hash)}; ${parts.join(', ')} while clients stream against ${revision}`;
}
