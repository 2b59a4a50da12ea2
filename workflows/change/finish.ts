import { describeSkipped, type Ending } from '../../contract/ending.ts';
import type { HandOver } from '../../contract/environment.ts';
import type { ChangeReport, ServesAfter } from '../../contract/ledger.ts';
import { attachEvidence } from './attach-evidence.ts';
import type { Change } from './change.ts';
import { describeEnd, skippedSteps } from './ending.ts';

export interface Finish {
  outcome: string;
  /** Why it ended so, where the outcome says more than that. */
  why?: string;
  /** The revision that it brought up; null if there is none. */
  revision: string | null;
  verified: boolean;
  /** Says what serves now, where the change was not verified. */
  serves?: ServesAfter;
  /** Says why the change's own artifact may not be released again until a person lifts it. */
  hold?: string;
  /** Names another artifact that goes on hold: what a rollback leaves. */
  held?: Hold | null;
  /** Set when the change hands over to the rollback that preempted it. */
  isPreempted?: boolean;
}

export type Hold = NonNullable<ChangeReport['hold']>;

/** Writes the change into the ledger and frees the environment; also when the run is being cancelled. */
export async function finishChange(change: Change, finish: Finish): Promise<void> {
  const outcome = `${finish.outcome}${describeSkipped(skippedSteps(change))}`;
  const { verified, why = outcome, isPreempted } = finish;
  const hold = holdAfter(change, finish);
  const ending = describeEnd(change, { why, serves: servesAfter(change, finish), verified, hold, isPreempted });
  change.run.record.status.ending = ending;
  await change.lease.finish({
    entry: changeReport(change, { ...finish, outcome, ending, hold }),
    handOver: isPreempted ? handOverOf(change) : passedOn(change),
  });
  await attachEvidence(change, { outcome, verified });
}

function servesAfter({ plan }: Change, { revision, serves, verified }: Finish): ServesAfter {
  const { digest, commit } = plan.artifact;
  return verified && revision ? { revision, digest, commit } : (serves ?? 'unchanged');
}

function holdAfter({ plan }: Change, { held, hold }: Finish): Hold | null {
  const { digest, commit } = plan.artifact;
  const onHold = held ?? (hold ? { digest, commit, reason: hold } : null);
  return onHold && onHold.digest !== '' ? onHold : null;
}

interface Finished {
  outcome: string;
  revision: string | null;
  verified: boolean;
  ending: Ending;
  hold: Hold | null;
}

function changeReport(change: Change, { outcome, revision, verified, ending, hold }: Finished): ChangeReport {
  const { approvals, evidence, kind, plan, request, schema } = change;
  const { digest, commit } = plan.artifact;
  const { granted } = approvals;
  const { decisions } = change.run.parking;
  const { exposed, serves, skipped } = ending;
  const reasons = [request.reason, request.unsignedBecause, ...approvals.claimed];
  return {
    kind,
    outcome,
    commit,
    digest,
    revision: revision || null,
    plan: plan.hash,
    by: request.by,
    reason: reasons.filter((part) => part !== '').join('; '),
    approvals: granted,
    migrations: [...schema.applied],
    schema: schemaAfter(change),
    verified,
    ...(skipped.length > 0 && { skipped }),
    ...(exposed && { exposed: { from: exposed.from, to: exposed.to } }),
    serves,
    before: plan.content.rollbackTo,
    irreversible: schema.wayBackClosed && !verified && kind !== 'rollback',
    ...(schema.isRepaired && { schemaRepaired: true as const }),
    hold,
    ...(decisions.length > 0 && { decisions: [...decisions] }),
    ...(evidence.manifests.length > 0 && { evidence: [...evidence.manifests] }),
  };
}

/** Makes what a rollback takes over; what this change had been handed over itself is part of it. */
function handOverOf({ effects, lease, plan, run, schema }: Change): HandOver {
  const received = lease.handOver;
  const unknown = schema.unknown ?? received?.unknown;
  return {
    change: run.id,
    traffic: received?.traffic ?? plan.snapshot.live.traffic,
    candidate: effects.candidate?.revision ?? received?.candidate ?? null,
    migrations: [...new Set([...(received?.migrations ?? []), ...schema.applied])],
    irreversible: schema.wayBackClosed || (received?.irreversible ?? false),
    ...(unknown !== undefined && { unknown }),
  };
}

/** Answers what goes on to the next holder from one that ends before it has written anything. */
function passedOn({ effects, lease }: Change): HandOver | null {
  return effects.reached('job') ? null : lease.handOver;
}

/** Answers the schema's version: names are in order, so it is the last that ran. */
function schemaAfter({ schema, plan }: Change): ChangeReport['schema'] {
  const version = schema.applied.at(-1);
  if (version === undefined) return null;
  return { version, migrations: plan.migrations?.filter(({ name }) => schema.applied.includes(name)) ?? [] };
}
