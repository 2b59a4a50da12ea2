import type { LedgerDraft } from '../../contract/environment.ts';
import type { Served } from '../../contract/ledger.ts';
import type { Change } from './change.ts';

export interface Finish {
  outcome: string;
  revision: string;
  verified: boolean;
  /** Says what serves now, where that is not what was released; null where it is not known. */
  serves?: Served | null;
  /** Says why the change's own artifact may not be released again until a person lifts it. */
  hold?: string;
  /** Names another artifact that goes on hold: what a rollback leaves. */
  held?: Hold | null;
  /** Set when the change hands over to the rollback that preempted it. */
  isPreempted?: boolean;
}

export interface Hold {
  digest: string;
  commit: string;
  reason: string;
}

/** Writes the change into the ledger and frees the environment; also when the run is being cancelled. */
export async function finishChange(change: Change, finish: Finish): Promise<void> {
  const { lease, plan } = change;
  const { digest, commit } = plan.artifact;
  const hold = finish.held ?? (finish.hold ? { digest, commit, reason: finish.hold } : null);
  await lease.finish({
    entry: ledgerDraft(change, finish),
    handOver: finish.isPreempted ? handOverOf(change) : null,
    hold: hold && hold.digest !== '' ? hold : null,
  });
}

function ledgerDraft(change: Change, { outcome, revision, verified, serves }: Finish): LedgerDraft {
  const { approvals, kind, plan, request, schema } = change;
  const { digest, commit } = plan.artifact;
  const { granted } = approvals;
  const glassBroken = granted.filter(({ breakGlass }) => breakGlass);
  const reasons = [
    request.reason,
    request.unsignedBecause,
    ...glassBroken.map(({ by, role }) => `break-glass by ${by} as ${role}`),
  ];
  return {
    kind,
    outcome,
    commit,
    digest,
    revision,
    plan: plan.hash,
    by: request.by,
    reason: reasons.filter((part) => part !== '').join('; '),
    ...(granted.length > 0 ? { approvals: granted } : {}),
    migrations: [...schema.applied],
    ...schemaAfter(change),
    verified,
    serves: verified ? { revision, digest, commit } : serves,
    before: plan.content.rollbackTo,
    ...(schema.wayBackClosed && !verified && kind !== 'rollback' && { irreversible: true as const }),
  };
}

function handOverOf({ effects, plan, run, schema }: Change) {
  return {
    change: run.id,
    traffic: plan.snapshot.live.traffic,
    candidate: effects.candidate?.revision ?? null,
    migrations: [...schema.applied],
    irreversible: schema.wayBackClosed,
    ...(schema.unknown !== null && { unknown: schema.unknown }),
  };
}

/** Answers the schema's version: names are in order, so it is the last that ran. */
function schemaAfter({ schema, plan }: Change): Pick<LedgerDraft, 'schema'> {
  const version = schema.applied.at(-1);
  if (version === undefined) return {};
  const migrations = plan.migrations?.filter(({ name }) => schema.applied.includes(name)) ?? [];
  return { schema: { version, migrations } };
}
