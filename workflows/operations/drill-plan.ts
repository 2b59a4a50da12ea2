import type { Review } from '../../activities/people/approvals.ts';
import { drillSteps, type DrillPlan } from '../../contract/drill.ts';
import { shortHash } from '../../contract/plan.ts';
import type { StepName } from '../../contract/step-names.ts';
import { awaiting, lookups, writing } from '../run/activities.ts';
import { ending } from '../run/failures.ts';
import { now } from '../run/journal.ts';
import { step } from '../run/step.ts';
import type { Drill } from './drill-run.ts';

/** Reads what the drill will disturb and shows it: from here on there is something to approve. */
export async function planDrill(drill: Drill): Promise<DrillPlan> {
  const { run, policy } = drill;
  run.record.enter('planning');
  const plan = await step(run, 'plan', () => readPlan(drill), { detail: describePlan });
  show(drill, plan);
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

/**
 * Enters the environment: the queue, then all that was read and approved again, then the fence (invariant I3). Answers
 * the plan as it is by then; one that people approved has to be the same (invariant I4).
 */
export async function enterForDrill(drill: Drill, plan: DrillPlan): Promise<DrillPlan> {
  const { run, entry, lease, request } = drill;
  const { commit, digest } = plan.artifact;
  await lease.acquire({ requestedBy: request.by, reason: request.reason, commit, digest }, () => undefined);
  const recheck = async () => {
    requireAllowed(await review(drill));
    const found = await readPlan(drill);
    if (found.hash !== plan.hash && drill.policy.approvals.length > 0)
      throw ending('Aborted', 'what serves has changed since the drill was approved: start it again');
    return found;
  };
  const entered = await step(run, 'recheck', recheck, { detail: describePlan });
  show(drill, entered);
  await step(run, 'fence', (attempt) =>
    writing('stamp the fence').stamp({ entry, marker: lease.marker('fence', attempt), expected: entered.key }),
  );
  return entered;
}

function show(drill: Drill, plan: DrillPlan): void {
  const { artifact, hash } = plan;
  const { commit, digest } = artifact;
  drill.plan = plan;
  Object.assign(drill.run.record.status, { plan: hash, commit, digest });
}

async function readPlan({ entry, run, parts }: Drill): Promise<DrillPlan> {
  return awaiting('what a drill would disturb').planDrill({ entry, change: run.id, parts });
}

async function review({ approvals, entry, request, run }: Drill): Promise<Review> {
  const { service, environment } = entry;
  const subject = { change: run.id, service, environment, kind: 'drill' as const, requestedBy: request.by };
  return lookups.reviewApprovals({ ...subject, approvals: approvals.granted, at: now() });
}

function requireAllowed({ requester, invalidated: [lost] }: Review): void {
  if (requester !== null) throw ending('Rejected', `the request is not allowed any more: ${requester}`);
  if (lost) throw ending('Rejected', `the approval of ${lost.by} does not count any more: ${lost.reason}`);
}

function describePlan({ hash, parts, revision }: DrillPlan): string {
  return `plan ${shortHash(hash)}; ${parts.join(', ')} while clients stream against ${revision}`;
}
