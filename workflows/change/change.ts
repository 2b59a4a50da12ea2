import { defineQuery, patched, setHandler, workflowInfo } from '@temporalio/workflow';
import type { z } from 'zod';
import type { Artifact } from '../../contract/artifact.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { HolderLease } from '../../contract/bells.ts';
import { describeFreeze, type Freeze, type HandOver } from '../../contract/environment.ts';
import type { Fence, Marker } from '../../contract/fence.ts';
import type { Candidate, LiveState, Snapshot } from '../../contract/live.ts';
import {
  approvePayload,
  decidePayload,
  messageNames,
  queryNames,
  rejectPayload,
  type ApprovePayload,
} from '../../contract/messages.ts';
import type { ApprovalDecision } from '../../contract/statement.ts';
import type { ChangeKind, Plan } from '../../contract/plan.ts';
import type { ChangeResult, ChangeStatus, TimelineEntry } from '../../contract/status.ts';
import { lookups } from '../run/activities.ts';
import { Approvals } from '../approvals/approvals.ts';
import type { Reach } from '../run/commands.ts';
import { concluded } from '../run/conclude.ts';
import { inputOf } from '../run/input.ts';
import { listen, refusal } from '../run/messages.ts';
import { Parking } from '../run/parking.ts';
import { present } from '../run/present.ts';
import { now, RunRecord } from '../run/record.ts';
import { Reporting } from '../run/parent-report.ts';
import { proveRequest } from '../approvals/request.ts';
import { prove } from '../approvals/signature.ts';
import { listenToEnvironment, type BellHearer } from '../lease/bells.ts';
import { frozen, preempted, Stopping, type Preempting } from '../lease/interruption.ts';
import { interruptUndecided, yieldsUndecided } from './steps/migration-deadline.ts';

/** Parked here, nothing has been migrated yet: a safe point, although the step belongs to the migration. */
const beforeMigration = 'sync-job';

interface Asked {
  service: string;
  environment: string;
  requestedBy: string;
  reason?: string;
}

/**
 * One change while it runs: what is known, what people see, and how it is reached. Created first thing in a workflow,
 * so that its handlers answer before the input is even looked at.
 */
export class Change {
  readonly id: string;
  readonly kind: ChangeKind;
  readonly record: RunRecord;
  readonly parking: Parking;
  /** Only below a release. */
  private readonly reporting: Reporting | null;
  asked: Asked = { service: '', environment: '', requestedBy: '' };
  /** Set by `resolve`, `plan` and `enter`; asking earlier is a defect of the flow. */
  private known: { entry?: CatalogEntry; reach?: Reach; plan?: Plan; snapshot?: Snapshot; approvals?: Approvals } = {};
  grantNumber: number | null = null;
  /** How a rollback was asked for without the signature that the policy wants; empty otherwise. */
  glassBroken = '';
  /** What was different of the live state when the last plan became void; empty while none did. */
  drift = '';
  /** What a pre-empted change found before it began; only a rollback is given one. */
  handOver: HandOver | null = null;
  /** What it wants of its environment at this moment; the environment asks for it. */
  readonly lease: HolderLease = { joins: null, leaves: null };
  queued: BellHearer['queued'] = null;
  /** A rollback or a freeze that stops it at its next safe point. */
  readonly stopping = new Stopping();
  /** Set as soon as a ticket may exist: whatever happens then, the change has to leave. */
  inQueue = false;
  private sequence = 0;
  candidate: Candidate | null = null;
  /** Set when the first write (but the fence) was sent: from here on there is something to restore. */
  mutated = false;
  /** What a rollback goes away from: on hold however the rollback ends, or the next one would lead back to it. */
  leavesBehind: { digest: string; commit: string; reason: string } | null = null;
  /**
   * Set when anything outside was written besides the fence, also what no restore is for: the migration job, a
   * rollback's own writes.
   */
  touched = false;
  /** Set when an incompatible migration ran: a restore of the old code would break (invariant I8). */
  irreversible = false;
  /** What nobody can say of its migration, for the rollback that takes over. */
  unknownMigration: string | null = null;
  /** While it waits for the data owner's word about a restore, with nothing under way. */
  dataOwnerDecides = false;
  /** Set when users begin to see the candidate: from here on a freeze ends the change instead of making it wait. */
  shifted = false;
  /** Beginning of a freeze that a person has decided to go on in spite of. */
  inSpiteOf: string | null = null;
  /**
   * The execution of a migration that has run already for a plan: not repeated when a freeze made the change start
   * over (invariant I1).
   */
  migrated: { plan: string; execution: string } | null = null;
  /**
   * Revisions that a restore of this change made, and the one that each stands for: for people nothing has changed by
   * it.
   */
  readonly standsFor: Record<string, string> = {};
  /**
   * Whether users' writes are refused while the schema is repaired, and by whom: what was found frozen is not ours to
   * thaw.
   */
  writes: 'open' | 'frozen' | 'foundFrozen' = 'open';
  /** Said wherever the change's end is shown: the ledger, the failure. */
  warning = '';
  /** Set when an operator decided to go on although a restore would not succeed (invariant I5). */
  withoutWayBack = false;
  migrationsRun: string[] = [];
  /** What gates kept for later gates: the id of a run that the smoke started. */
  readonly kept: Record<string, string> = {};

  constructor(kind: ChangeKind) {
    this.kind = kind;
    this.record = new RunRecord(kind);
    this.id = this.record.status.change;
    this.parking = new Parking(this);
    this.reporting = Reporting.of(this.record);
    this.listen();
  }

  /** A stop of a release: its commit is looked at again before it is used. */
  get inRelease(): boolean {
    return this.reporting !== null;
  }

  get entry(): CatalogEntry {
    return present(this.known.entry, 'catalog entry');
  }
  get reach(): Reach {
    return present(this.known.reach, 'connection');
  }
  get plan(): Plan {
    return present(this.known.plan, 'plan');
  }
  get snapshot(): Snapshot {
    return present(this.known.snapshot, 'snapshot');
  }
  get approvals(): Approvals {
    return present(this.known.approvals, 'approval gate');
  }
  get artifact(): Artifact {
    return this.plan.artifact;
  }

  /** Parses the input and finds the catalog entry; every problem ends the run as `InvalidInput`. */
  async open<T extends Omit<Asked, 'environment'>>(
    schema: z.ZodType<T>,
    raw: unknown,
    environmentOf: (input: T) => string,
  ): Promise<T> {
    const input = inputOf(schema, raw);
    const { service, requestedBy, reason } = input;
    const environment = environmentOf(input);
    this.asked = { service, environment, requestedBy, reason };
    Object.assign(this.record.status, { service, environment, requestedBy, reason: reason ?? '' });
    const { entry, searchAttributes, address, namespace } = await lookups.resolve({
      service,
      environment,
      starts: { kind: this.kind, requestedBy },
    });
    this.known.entry = entry;
    this.known.reach = { address, namespace };
    this.known.approvals = new Approvals({ id: this.id, kind: this.kind, entry, requestedBy });
    this.record.attributesAre(searchAttributes);
    this.glassBroken = await proveRequest(this, [entry], raw, requestedBy);
    return input;
  }

  planIs(plan: Plan, snapshot: Snapshot): void {
    this.known.plan = plan;
    this.known.snapshot = snapshot;
    Object.assign(this.record.status, {
      plan: plan.hash,
      digest: plan.artifact.digest,
      commit: plan.artifact.commit || this.record.status.commit,
    });
    for (const name of plan.steps) this.record.step(name);
  }

  yields(step: string, why: string): Error | null {
    return yieldsUndecided(this, step, why);
  }

  /** The marker of the next write: each has a higher sequence than the one before. */
  marker(step: string, attempt: number): Marker {
    this.sequence += 1;
    const fence: Fence = { number: present(this.grantNumber ?? undefined, 'grant'), sequence: this.sequence };
    return { change: this.id, step, attempt, fence };
  }

  /**
   * A restore gives the old template a new name where the platform wants one; a plan made afterwards is the same plan
   * all the same.
   */
  restoredTo({ template }: LiveState): void {
    const before = this.snapshot.live.template;
    if (!template || !before || template.revision === before.revision || template.digest !== before.digest) return;
    this.standsFor[template.revision] = this.standsFor[before.revision] ?? before.revision;
  }

  /**
   * After it gave the environment up: nothing of it is left there, and the next pass begins as the first did, with
   * attempts that go on counting.
   */
  startsOver(): void {
    this.stopping.gaveUp(this.grantNumber ?? 0);
    Object.assign(this, {
      grantNumber: null,
      handOver: null,
      inQueue: false,
      candidate: null,
      mutated: false,
      touched: false,
    });
    this.record.repeats(this.plan.steps);
  }

  async conclude(story: () => Promise<ChangeResult>): Promise<ChangeResult> {
    return concluded(this.record, story, {
      cancelled: () => 'cancelled; the environment is free',
      settled: () => this.reporting?.settled ?? true,
    });
  }

  result(outcome: string, where: { revision: string; url: string }): ChangeResult {
    const { service, environment } = this.asked;
    const { commit, digest } = this.artifact;
    return { outcome, change: this.id, service, environment, commit, digest, ...where, plan: this.plan.hash };
  }

  frozenBy(): Freeze | null {
    return this.stopping.frozenBy;
  }

  preempt(by: Preempting): void {
    this.record.note(`rollback ${by.change} of ${by.by} wants the environment`);
    this.stopping.preempt(by);
    interruptUndecided(this);
    if (this.dataOwnerDecides && patched('a-decision-about-the-schema-is-handed-over'))
      this.parking.interrupt('restore', preempted(by));
    if (this.parking.isAt(beforeMigration) && patched('yields-while-its-job-is-parked'))
      this.parking.interrupt(beforeMigration, preempted(by));
  }

  freeze(number: number, freeze: Freeze | null): void {
    if (!this.stopping.freeze({ number, freeze }, !this.irreversible)) return;
    this.record.note(freeze ? `the environment is ${describeFreeze(freeze)}` : 'the freeze is over');
    if (freeze) this.parking.interrupt(beforeMigration, frozen(freeze));
    else this.parking.settle('freeze', { action: 'retry', by: 'the environment', note: 'the freeze is over' });
  }

  private listen(): void {
    const { record } = this;
    setHandler(defineQuery<ChangeStatus>(queryNames.status), () => record.status, {
      description: 'Where the change stands, what it waits for, and the commands that go on',
    });
    setHandler(defineQuery<TimelineEntry[]>(queryNames.timeline), () => record.timeline, {
      description: 'What happened so far, in order',
    });
    setHandler(defineQuery<Plan | null>(queryNames.plan), () => this.known.plan ?? null, {
      description: 'What the change will do',
    });
    listenToEnvironment(this);
    listen(
      record,
      messageNames.approve,
      approvePayload,
      'Approve what status shows: {"by": "you@example.com", "plan": "<hash>"}; with "signature" where the policy asks for one',
      (payload) => this.answer('approve', payload),
    );
    listen(
      record,
      messageNames.reject,
      rejectPayload,
      'Reject what status shows: {"by": "you@example.com", "note": "why"}; with "signature" where the policy asks for one',
      (payload) => this.answer('reject', payload),
    );
    listen(
      record,
      messageNames.decide,
      decidePayload,
      'Decide what is parked: {"action": "retry|skip|markDone|abort|rollback", "by": "you@example.com"}',
      (payload) => this.seen(this.parking.decide(payload)),
    );
  }

  /**
   * Policy first, since that costs nothing; then the signature; then policy again, since meanwhile the same person's
   * other message may have counted, or the plan have changed.
   */
  private answer(decision: ApprovalDecision, payload: ApprovePayload): string | Promise<string> {
    const approvals = this.known.approvals ?? nothingIsAsked();
    const unproven = approvals.unproven(decision, payload, now());
    const count = () => this.seen(approvals[decision](payload, now(), unproven));
    return unproven === null ? count() : prove(unproven).then(count);
  }

  private seen(answer: string): string {
    const { record } = this;
    record.status.approvals = this.known.approvals?.granted ?? [];
    record.note(answer);
    record.describe();
    return answer;
  }
}

function nothingIsAsked(): never {
  throw refusal(`nothing is asked for yet: ${workflowInfo().workflowId} is just starting`);
}
