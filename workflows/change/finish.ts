import { CancellationScope, workflowInfo } from '@temporalio/workflow';
import type { LeaveRequest } from '../../contract/environment.ts';
import type { ChangeReport, Served } from '../../contract/ledger.ts';
import { reading } from '../run/activities.ts';
import type { Change } from './change.ts';
import { step } from '../run/step.ts';

interface Leaving {
  outcome: string;
  revision: string;
  verified: boolean;
  /** Why this artifact may not be released again until a person lifts it. */
  hold?: string;
  /** What is put on hold: the change's own artifact, or what a rollback leaves. */
  held?: { digest: string; commit: string };
  /** What serves now, where the change is not what was released; null where that is not known. */
  serves?: Served | null;
  /** For the rollback that stopped this change: nothing was restored. */
  preempted?: boolean;
}

/** Writes the change into the ledger and frees the environment; also when the run is being cancelled. */
export async function leave(
  change: Change,
  {
    outcome,
    revision,
    verified,
    hold = change.leavesBehind?.reason,
    held = change.leavesBehind ?? change.artifact,
    serves,
    preempted,
  }: Leaving,
): Promise<void> {
  if (!change.inQueue) return;
  const { asked, artifact, plan, id, kind } = change;
  const { granted } = change.approvals;
  const broken = granted
    .filter(({ breakGlass }) => breakGlass)
    .map(({ by, role }) => `break-glass by ${by} as ${role}`);
  const request: LeaveRequest = {
    change: id,
    entry: {
      kind,
      outcome: change.warning ? `${outcome}; ${change.warning}` : outcome,
      commit: artifact.commit,
      digest: artifact.digest,
      revision: revision || null,
      plan: plan.hash,
      by: asked.requestedBy,
      reason: [asked.reason ?? '', change.glassBroken, ...broken].filter((part) => part !== '').join('; '),
      approvals: granted,
      migrations: change.migrationsRun,
      schema: schemaOf(change),
      verified,
      serves: verified ? { revision, digest: artifact.digest, commit: artifact.commit } : servesAfter(serves),
      before: plan.rollbackTo,
      irreversible: change.irreversible && !verified && kind !== 'rollback',
      hold: hold && held.digest !== '' ? { digest: held.digest, commit: held.commit, reason: hold } : null,
    },
    handOver: preempted
      ? {
          change: id,
          traffic: change.snapshot.live.traffic,
          candidate: change.candidate?.revision ?? null,
          migrations: change.migrationsRun,
          irreversible: change.irreversible,
          ...(change.unknownMigration !== null && { unknown: change.unknownMigration }),
        }
      : null,
  };
  await CancellationScope.nonCancellable(() =>
    step(change, 'ledger', () => ring(change, request, 'write the ledger, free the environment')),
  );
}

/** Gives the environment back without a word in the ledger: nothing was changed, and the change comes back. */
export async function stepBack(change: Change): Promise<void> {
  await ring(change, { change: change.id, entry: null }, 'give the environment back');
  change.grantNumber = null;
}

/** Rings for the environment, which then asks what the change leaves behind. */
async function ring({ asked, lease }: Change, request: LeaveRequest, summary: string): Promise<void> {
  const { service, environment } = asked;
  const { workflowId, firstExecutionRunId } = workflowInfo();
  lease.leaves = request;
  try {
    await reading(summary).leave({ service, environment, caller: { workflowId, firstExecutionRunId } });
  } finally {
    lease.leaves = null;
  }
}

/** Names are in order, so the last that ran is the schema's version. */
function schemaOf({ migrationsRun, plan }: Change): ChangeReport['schema'] {
  const version = migrationsRun.at(-1);
  if (version === undefined) return null;
  return { version, migrations: plan.migrations?.filter(({ name }) => migrationsRun.includes(name)) ?? [] };
}

function servesAfter(serves: Served | null | undefined): ChangeReport['serves'] {
  return serves === undefined ? 'unchanged' : (serves ?? 'unknown');
}
