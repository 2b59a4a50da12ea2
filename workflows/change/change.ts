import type { z } from 'zod';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import { describeSkipped } from '../../contract/ending.ts';
import { isRollbackClass } from '../../contract/environment.ts';
import { decidePayload, messageNames, queryNames } from '../../contract/messages.ts';
import { schemaRoles } from '../../contract/people.ts';
import type { ChangeKind, Plan } from '../../contract/plan.ts';
import type { ChangeResult, ChangeStatus, PostDeployGateResult } from '../../contract/status.ts';
import { Approvals } from '../approvals/approvals.ts';
import { listenToApprovers } from '../approvals/listen.ts';
import { verifyRequest } from '../approvals/request.ts';
import { Interruption } from '../lease/interruption.ts';
import { Lease } from '../lease/lease.ts';
import { listenToEnvironment } from '../lease/listen.ts';
import { decideParked } from '../run/decide.ts';
import { describeChange } from '../run/details.ts';
import { isFailure, isFinalAnswer } from '../run/failures.ts';
import { identityOf } from '../run/identity.ts';
import { ParentReport } from '../run/parent-report.ts';
import { newChangeStatus, RunRecord } from '../run/record.ts';
import { resolveEntry } from '../run/resolve-entry.ts';
import { RunNotifier } from '../run/run-notifier.ts';
import { Run } from '../run/run.ts';
import type { StepPolicy } from '../run/step.ts';
import { Effects } from './effects.ts';
import type { ActivePlan, PlanSource } from './active-plan.ts';
import { skippedSteps } from './ending.ts';
import { EvidenceRecord } from './evidence-record.ts';
import { SchemaState } from './schema-state.ts';

/** Names the parts of a change that a function uses: it asks for no more. */
export type Parts<Name extends keyof Change> = Pick<Change, Name>;

/** Names who asked for a change and why. */
export interface Request {
  by: string;
  reason: string;
  /** Says why an unsigned request counts where requests are signed (break-glass); empty otherwise. */
  unsignedBecause: string;
  /** The issue to which evidence is attached; null if none was given. */
  ticket: number | null;
}

/** A change whose input and catalog entry are known. Each part has one writer and says itself what it allows. */
export interface OpenedChange {
  readonly run: Run<ChangeStatus>;
  readonly kind: ChangeKind;
  readonly request: Request;
  readonly entry: CatalogEntry;
  readonly approvals: Approvals;
  readonly lease: Lease;
  readonly interruption: Interruption;
  readonly effects: Effects;
  readonly schema: SchemaState;
  readonly evidence: EvidenceRecord;
  /** Hears of the first plan, so that the query `plan` answers it. */
  readonly onPlanned: (change: Change) => void;
}

/** One change of one environment, from its first plan on. */
export interface Change extends OpenedChange {
  readonly plan: ActivePlan;
  /** What the plan is computed from, each time anew. */
  readonly source: PlanSource;
}

type Requested = { service: string; requestedBy: string; reason?: string; ticket?: number } & Destination;

/** Names the environment that a change is of: a promotion says where it goes `to`. */
type Destination = { environment: string } | { to: string };

export interface ChangeDefinition<Input> {
  kind: ChangeKind;
  input: z.ZodType<Input>;
}

/**
 * Runs a change: handlers first, then the input, the catalog entry and the request, then its story. Every problem of
 * the input ends it as `InvalidInput`, before anything is touched.
 */
export async function runChange<Input extends Requested>(
  definition: ChangeDefinition<Input>,
  raw: unknown,
  story: (opened: OpenedChange, input: Input) => Promise<ChangeResult>,
): Promise<ChangeResult> {
  const run = new Run(new RunRecord(newChangeStatus(definition.kind), describeChange));
  const report = ParentReport.of(run.record);
  const known: HandlerState = { opened: null, planned: null, notifier: null };
  registerHandlers(run, known);
  return run.conclude(
    async () => {
      const { opened, input } = await openChange(run, definition, raw, (change) => {
        known.planned = change;
        known.notifier?.settle();
      });
      known.opened = opened;
      known.notifier = RunNotifier.of(run, opened.entry);
      return story(opened, input);
    },
    {
      cancelled: () => 'cancelled; the environment is free',
      isSettled: () => (report?.isSettled ?? true) && (known.notifier?.isSettled ?? true),
    },
  );
}

/** Answers the result of a change that reached its aim; its outcome says what people skipped on the way. */
export function changeResult(
  { run, entry, plan, evidence }: Parts<'run' | 'entry' | 'plan' | 'evidence'>,
  aim: string,
  {
    revision,
    url = plan.snapshot.live.url,
    gate = null,
  }: { revision: string; url?: string; gate?: PostDeployGateResult | null },
): ChangeResult {
  const { service, environment } = entry;
  const { commit, digest } = plan.artifact;
  const outcome = `${aim}${describeSkipped(skippedSteps({ run }))}`;
  const result = { outcome, change: run.id, service, environment, commit, digest, revision, url, plan: plan.hash };
  return {
    ...result,
    ...(gate && { postDeployGate: gate }),
    ...(evidence.manifests.length > 0 && { evidence: [...evidence.manifests] }),
  };
}

/** Holds what handlers may use by now: messages arrive before the input was looked at. */
interface HandlerState {
  opened: OpenedChange | null;
  planned: Change | null;
  notifier: RunNotifier | null;
}

async function openChange<Input extends Requested>(
  run: Run<ChangeStatus>,
  { kind, input: schema }: ChangeDefinition<Input>,
  raw: unknown,
  onPlanned: (change: Change) => void,
): Promise<{ opened: OpenedChange; input: Input }> {
  const input = run.parse(schema, raw, (given) => ({
    service: given.service,
    environment: environmentOf(given),
    requestedBy: given.requestedBy,
    reason: given.reason ?? '',
  }));
  const { service, requestedBy, reason = '', ticket = null } = input;
  const environment = environmentOf(input);
  const starts = { kind, requestedBy };
  const found = await resolveEntry(run, { service, environment, starts, waits: isRollbackClass(kind) });
  const { entry } = found;
  run.identify(identityOf(found, [entry]));
  const schemaState = new SchemaState();
  const effects = new Effects();
  const interruption = new Interruption(() => !schemaState.wayBackClosed);
  const approvals = new Approvals({ id: run.id, kind, entry, requestedBy, temporal: found.temporal });
  const lease = new Lease(run, kind, entry, interruption);
  run.policy = changePolicy(kind, entry, effects, schemaState);
  const unsignedBecause = await verifyRequest(run, [entry], raw, requestedBy);
  if (unsignedBecause) run.record.status.claimed = [unsignedBecause];
  const request = { by: requestedBy, reason, unsignedBecause, ticket };
  const parts = { approvals, lease, interruption, effects, schema: schemaState, evidence: new EvidenceRecord() };
  return { opened: { run, kind, request, entry, ...parts, onPlanned }, input };
}

function environmentOf(destination: Destination): string {
  return 'environment' in destination ? destination.environment : destination.to;
}

/** After an incompatible migration the way back is closed: even a gate's no waits for a person (invariant I8). */
function changePolicy(kind: ChangeKind, entry: CatalogEntry, effects: Effects, schema: SchemaState): StepPolicy {
  return {
    isAboutSchema: () => schema.wayBackClosed,
    deciders: () => (schema.wayBackClosed ? schemaRoles(entry) : entry.settings.operators),
    isFinal: (error) => !(schema.wayBackClosed && isFailure(error, 'GateFailed')) && isFinalAnswer(error),
    canRollBack: () => effects.reached('candidate'),
    effectOfAbort: () => {
      if (!effects.reached('job')) return 'end it; nothing was changed';
      if (kind === 'rollback' || schema.wayBackClosed) return 'end it here, and leave what is there';
      return 'put back what served before; this artifact may be released again';
    },
  };
}

function registerHandlers(run: Run<ChangeStatus>, known: HandlerState): void {
  run.answer<Plan | null>(queryNames.plan, 'What the change will do', () => known.planned?.plan.content ?? null);
  listenToApprovers(run, () => known.opened?.approvals ?? null);
  run.on(
    {
      name: messageNames.decide,
      schema: decidePayload,
      description: 'Decide what is parked: {"by": "you@example.com", "action": "retry|skip|markDone|abort|rollback"}',
    },
    (payload) => decideParked(run, payload),
  );
  listenToEnvironment(run, () => known.opened?.lease ?? null);
}
