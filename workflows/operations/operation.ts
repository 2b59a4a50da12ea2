import { CancellationScope } from '@temporalio/workflow';
import type { z } from 'zod';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { ApprovableDrill } from '../../contract/drill.ts';
import { isRollbackClass, type HolderKind, type LeaveRequest } from '../../contract/environment.ts';
import { decidePayload, messageNames, queryNames } from '../../contract/messages.ts';
import type { ChangeStatus } from '../../contract/status.ts';
import { Approvals } from '../approvals/approvals.ts';
import { listenToApprovers } from '../approvals/listen.ts';
import { verifyRequest } from '../approvals/request.ts';
import { Interruption } from '../lease/interruption.ts';
import { Lease } from '../lease/lease.ts';
import { listenToEnvironment } from '../lease/listen.ts';
import { decideParked } from '../run/decide.ts';
import { describeChange } from '../run/details.ts';
import { ending, isExpected, isFailure, messageOf } from '../run/failures.ts';
import { identityOf } from '../run/identity.ts';
import { newChangeStatus, RunRecord } from '../run/record.ts';
import { resolveEntry } from '../run/resolve-entry.ts';
import { RunNotifier } from '../run/run-notifier.ts';
import { Run } from '../run/run.ts';

/** A run that holds an environment as a change does, and is none; its input and its catalog entry are known. */
export interface Operation {
  readonly run: Run<ChangeStatus>;
  readonly entry: CatalogEntry;
  readonly request: { by: string; reason: string };
  readonly approvals: Approvals;
  readonly lease: Lease;
  readonly interruption: Interruption;
}

/** What an operation leaves in the ledger. */
export type Report = NonNullable<LeaveRequest['entry']>;

type Requested = { service: string; environment: string; requestedBy: string; reason?: string };

interface OperationDefinition<Input, Opened> {
  kind: HolderKind;
  input: z.ZodType<Input>;
  /** Adds what this kind knows of its own; throws `InvalidInput` where the catalog does not allow it. */
  open(operation: Operation, input: Input): Opened;
  /** Answers the query `plan`, for a kind that people approve; null before there is a plan. */
  planOf?(opened: Opened): ApprovableDrill | null;
  /** Says how it ends if it is cancelled. */
  cancelled: string;
  /** Makes the entry of the ledger for one that did not succeed. */
  reportOf(opened: Opened, why: string, error: unknown): Report;
}

/**
 * Runs an operation: handlers first, then the input, the catalog entry and the request, then its story. One that fails
 * leaves the environment with a report; there is nothing to restore.
 */
export async function runOperation<
  Input extends Requested,
  Opened extends Operation,
  Result extends { outcome: string },
>(
  { kind, input: schema, open, planOf, cancelled, reportOf }: OperationDefinition<Input, Opened>,
  raw: unknown,
  story: (opened: Opened) => Promise<Result>,
): Promise<Result> {
  const run = new Run(new RunRecord(newChangeStatus(kind), describeChange));
  let known: Opened | null = null;
  let notifier: RunNotifier | null = null;
  run.answer(queryNames.plan, 'What it will do', () => (known && planOf ? planOf(known) : null));
  listenToApprovers(run, () => known?.approvals ?? null);
  run.on(
    {
      name: messageNames.decide,
      schema: decidePayload,
      description: 'Decide what is parked: {"by": "you@example.com", "action": "retry|abort"}',
    },
    (payload) => decideParked(run, payload),
  );
  listenToEnvironment(run, () => known?.lease ?? null);
  return run.conclude(
    async () => {
      const input = run.parse(schema, raw, ({ service, environment, requestedBy, reason = '' }) => ({
        service,
        environment,
        requestedBy,
        reason,
      }));
      const operation = await resolveOperation(run, kind, input);
      const opened = open(operation, input);
      const unsignedBecause = await verifyRequest(run, [operation.entry], raw, input.requestedBy);
      if (unsignedBecause) run.record.status.claimed = [unsignedBecause];
      known = opened;
      notifier = RunNotifier.of(run, operation.entry);
      try {
        return await opened.interruption.interruptible(() => story(opened));
      } catch (error) {
        throw await leaveFailed(opened, error, (why) => reportOf(opened, why, error));
      }
    },
    { cancelled: () => cancelled, isSettled: () => notifier?.isSettled ?? true },
  );
}

async function leaveFailed({ lease }: Operation, error: unknown, reportOf: (why: string) => Report): Promise<unknown> {
  if (!isExpected(error)) return error;
  const why = messageOf(error);
  if (isFailure(error, 'StaleFence')) return ending('Preempted', `a change has taken the environment: ${why}`, error);
  await CancellationScope.nonCancellable(() => lease.finish({ entry: reportOf(why) }));
  return error;
}

async function resolveOperation(
  run: Run<ChangeStatus>,
  kind: HolderKind,
  { service, environment, requestedBy, reason = '' }: Requested,
): Promise<Operation> {
  const starts = { kind, requestedBy };
  const found = await resolveEntry(run, { service, environment, starts, waits: isRollbackClass(kind) });
  const { entry } = found;
  run.identify(identityOf(found, [entry]));
  const interruption = new Interruption(() => true);
  return {
    run,
    entry,
    request: { by: requestedBy, reason },
    approvals: new Approvals({ id: run.id, kind, entry, requestedBy, temporal: found.temporal }),
    lease: new Lease(run, kind, entry, interruption),
    interruption,
  };
}
