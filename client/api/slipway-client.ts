import type { Client } from '@temporalio/client';
import { installationOf } from '../../activities/temporal/installation.ts';
import type { ApprovableDrill } from '../../contract/drill.ts';
import { environmentWorkflowId, taskQueue } from '../../contract/ids.ts';
import { messageNames, queryNames, type IncidentMessage } from '../../contract/message-names.ts';
import type {
  AdoptPayload,
  ApprovePayload,
  DecidePayload,
  FreezePayload,
  LiftPayload,
  UnfreezePayload,
} from '../../contract/messages.ts';
import type { Plan } from '../../contract/plan.ts';
import type { ReleasePlan } from '../../contract/release.ts';
import { runLink, runListLink } from '../../contract/run-link.ts';
import type { TimelineEntry } from '../../contract/status.ts';
import type { WorkflowInputs } from '../../contract/workflow-types.ts';
import type { ConnectionChoice } from './connection.ts';
import type { EnvironmentName } from './environment-name.ts';
import { reportEnvironment, type EnvironmentReport } from './environment-report.ts';
import { followRun } from './follow.ts';
import { sendMessage, sendToEnvironment, type SendOptions, type Sent } from './messages.ts';
import { applySchedules, type AppliedSchedule, type ApplyOptions, type WantedSchedule } from './schedules.ts';
import type { SearchAttributeName } from '../../contract/search-attributes.ts';
import { createSearchAttributes, searchAttributesOf, type AttributeState } from './search-attributes.ts';
import { newRunId, subjectOf, type RunSubject } from './run-id.ts';
import { progressOf, type Progress } from './progress.ts';
import type { RunEnd, RunReport } from './run-report.ts';
import { hasWorker, silenceOf } from './task-queue.ts';
import { endOf, listRuns, queryRun, reportRun, type RunFilter, type RunSummary } from './runs.ts';
import { translated } from './temporal-errors.ts';

export interface StartedRun {
  workflowId: string;
  runId: string;
  workflowType: string;
  /** The run in the Temporal UI; null when no UI is known. */
  link: string | null;
  /** The Temporal that has it: which of several worlds was meant. */
  temporal: { address: string; namespace: string };
}

/** A run is started and its first task is put into the queue before anybody works on it. */
const eventsBeforeWork = 2;

interface FollowOptions {
  runId?: string;
  signal?: AbortSignal;
  onOutage?: (error: Error) => void;
}

/**
 * Slipway, as a program sees it: starts runs, sends people's messages, reports what goes on. The Temporal UI and CLI
 * can do the same. Every method may throw Outage, NamespaceNotFound or ServerFailure; it says itself what else.
 */
export class SlipwayClient {
  readonly client: Client;
  private readonly server: Pick<ConnectionChoice, 'ui' | 'namespace' | 'options'>;

  constructor(client: Client, server: Pick<ConnectionChoice, 'ui' | 'namespace' | 'options'>) {
    this.client = client;
    this.server = server;
  }

  /** Starts a run; without a workflow id it gets a new one. Throws RunExists. */
  async start<Type extends keyof WorkflowInputs>(
    workflowType: Type,
    input: WorkflowInputs[Type],
    workflowId: string = newRunId(workflowType, input),
  ): Promise<StartedRun> {
    const handle = await translated(async () =>
      this.client.workflow.start(workflowType, {
        workflowId,
        taskQueue,
        args: [input],
        workflowIdConflictPolicy: 'FAIL',
        staticSummary: summaryOf(workflowType, subjectOf(input)),
      }),
    );
    const runId = handle.firstExecutionRunId;
    const { options, namespace } = this.server;
    const temporal = { address: options.address, namespace };
    return { workflowId, runId, workflowType, link: this.link(workflowId, runId) ?? null, temporal };
  }

  /** Approves a plan or a result. Throws Unanswered, Refused, MalformedMessage or RunNotFound. */
  async approve(workflowId: string, payload: ApprovePayload, options?: SendOptions): Promise<Sent> {
    return this.send(workflowId, messageNames.approve, payload, options);
  }

  /** Rejects a plan or a result. Throws Unanswered, Refused, MalformedMessage or RunNotFound. */
  async reject(workflowId: string, payload: ApprovePayload, options?: SendOptions): Promise<Sent> {
    return this.send(workflowId, messageNames.reject, payload, options);
  }

  /** Decides how a parked run goes on. Throws Unanswered, Refused, MalformedMessage or RunNotFound. */
  async decide(workflowId: string, payload: DecidePayload, options?: SendOptions): Promise<Sent> {
    return this.send(workflowId, messageNames.decide, payload, options);
  }

  /** Tells an incident what a responder says. Throws Unanswered, Refused, MalformedMessage or RunNotFound. */
  async respond(workflowId: string, message: IncidentMessage, payload: object, options?: SendOptions): Promise<Sent> {
    return this.send(workflowId, messageNames[message], payload, options);
  }

  /** Names the namespace as signed statements do. */
  async installation(): Promise<string> {
    return translated(async () => installationOf(this.client));
  }

  /** Tells whether a worker asks for work, so that what is started begins now. */
  async hasWorker(): Promise<boolean> {
    // Who may not ask for that learns it by silence.
    return hasWorker(this.client).catch(() => true);
  }

  /** Says why no worker has answered. */
  async silence(): Promise<string> {
    return silenceOf(this.client);
  }

  /** Tells whether a worker has begun with a run. Throws RunNotFound. */
  async hasBegun(workflowId: string, runId?: string): Promise<boolean> {
    const describe = async () => this.client.workflow.getHandle(workflowId, runId).describe();
    return (await translated(describe)).historyLength > eventsBeforeWork;
  }

  /** Reports a run; stale, from its memo, when no worker answers. Throws RunNotFound or UnknownQuery. */
  async status(workflowId: string, runId?: string): Promise<RunReport> {
    return translated(async () => reportRun(this.client, workflowId, (id, run) => this.link(id, run), runId));
  }

  /** Answers when a run has closed, by the server alone; null while it runs. Throws RunNotFound. */
  async closedAt(workflowId: string): Promise<string | null> {
    const describe = async () => this.client.workflow.getHandle(workflowId).describe();
    return (await translated(describe)).closeTime?.toISOString() ?? null;
  }

  /** Lists what happened in a run; undefined when no worker answers. Throws RunNotFound or UnknownQuery. */
  async timeline(workflowId: string): Promise<TimelineEntry[] | undefined> {
    return this.query(workflowId, queryNames.timeline);
  }

  /**
   * Reads the plan of a run: null before it has one, undefined when no worker answers. Throws RunNotFound or
   * UnknownQuery.
   */
  async plan(workflowId: string): Promise<Plan | ApprovableDrill | ReleasePlan | null | undefined> {
    return this.query(workflowId, queryNames.plan);
  }

  /**
   * Reads the plan that people are asked about: the run's own, or that of a release's stop that waits. Null and
   * undefined as for `plan`. Throws RunNotFound or UnknownQuery.
   */
  async pendingPlan(workflowId: string): Promise<Plan | ApprovableDrill | null | undefined> {
    const plan = await this.plan(workflowId);
    if (plan?.kind !== 'release') return plan;
    const { waitingFor } = await this.status(workflowId);
    return waitingFor?.child === undefined ? null : this.query<Plan | null>(waitingFor.child, queryNames.plan);
  }

  /** Lists runs that change an environment, newest first. Throws InvalidName. */
  async list(filter?: RunFilter): Promise<RunSummary[]> {
    return translated(async () => listRuns(this.client, filter));
  }

  /**
   * Yields every change of a run's report until it has closed. A short outage is waited for. Throws RunNotFound or
   * UnknownQuery.
   */
  follow(workflowId: string, { runId, ...options }: FollowOptions = {}): AsyncGenerator<RunReport> {
    const report = async (): Promise<RunReport> => this.status(workflowId, runId);
    return followRun({ client: this.client, workflowId, runId, report, ...options });
  }

  /** Reads what the activity of a run says of its work right now; null while none runs. Throws RunNotFound. */
  async progress(workflowId: string, runId?: string): Promise<Progress | null> {
    return translated(async () => progressOf(this.client, workflowId, runId));
  }

  /** Cancels a run: it stops what it has started and ends. Throws RunNotFound, also for a run that has ended. */
  async cancel(workflowId: string, runId?: string): Promise<void> {
    await translated(async () => this.client.workflow.getHandle(workflowId, runId).cancel());
  }

  /** Waits for the end of a run, whatever it is. Throws RunNotFound. */
  async end(workflowId: string, runId?: string): Promise<RunEnd> {
    return translated(async () => endOf(this.client, workflowId, runId));
  }

  /**
   * Reports an environment; null when nothing has happened in it yet. When no worker answers, the report is stale, from
   * its memo. Throws UnknownQuery.
   */
  async environment({ service, environment }: EnvironmentName): Promise<EnvironmentReport | null> {
    return translated(async () => reportEnvironment(this.client, { service, environment }));
  }

  /**
   * Freezes an environment. Its workflow is started, since this may be the first message to it. Throws Unanswered,
   * Refused or MalformedMessage.
   */
  async freeze(name: EnvironmentName, payload: FreezePayload, options?: SendOptions): Promise<Sent> {
    return translated(async () => sendToEnvironment(this.client, name, messageNames.freeze, payload, options));
  }

  /**
   * Ends a freeze. For a stop of the line the environment's workflow is started: its stored ledger may have the stop.
   * Throws Unanswered, Refused, MalformedMessage or RunNotFound.
   */
  async unfreeze(name: EnvironmentName, payload: UnfreezePayload, options?: SendOptions): Promise<Sent> {
    if (payload.scope !== undefined)
      return translated(async () => sendToEnvironment(this.client, name, messageNames.unfreeze, payload, options));
    return this.send(workflowIdOf(name), messageNames.unfreeze, payload, options);
  }

  /** Takes an environment from its holder. Throws Unanswered, Refused, MalformedMessage or RunNotFound. */
  async breakLock(name: EnvironmentName, payload: LiftPayload, options?: SendOptions): Promise<Sent> {
    return this.send(workflowIdOf(name), messageNames.breakLock, payload, options);
  }

  /** Lifts holds on artifacts. Throws Unanswered, Refused, MalformedMessage or RunNotFound. */
  async lift(name: EnvironmentName, payload: LiftPayload, options?: SendOptions): Promise<Sent> {
    return this.send(workflowIdOf(name), messageNames.lift, payload, options);
  }

  /** Adopts a drift of an environment. Throws Unanswered, Refused, MalformedMessage or RunNotFound. */
  async adopt(name: EnvironmentName, payload: AdoptPayload, options?: SendOptions): Promise<Sent> {
    return this.send(workflowIdOf(name), messageNames.adopt, payload, options);
  }

  /** Makes Slipway's Temporal Schedules of the namespace those that are wanted, or says what it would do. */
  async applySchedules(wanted: readonly WantedSchedule[], options: ApplyOptions): Promise<AppliedSchedule[]> {
    return translated(async () => applySchedules(this.client, wanted, options));
  }

  /** Looks which of our search attributes the namespace has. */
  async searchAttributes(): Promise<AttributeState[]> {
    return translated(async () => searchAttributesOf(this.client));
  }

  /** Creates search attributes in the namespace. Throws ServerFailure or Outage where the server does not let it. */
  async createSearchAttributes(names: readonly SearchAttributeName[]): Promise<void> {
    await translated(async () => createSearchAttributes(this.client, names));
  }

  /** Names the namespace. */
  get namespace(): string {
    return this.server.namespace;
  }

  /** Links to the list of runs in the Temporal UI; undefined when no UI is known. Calls nothing. */
  listLink(): string | undefined {
    return runListLink(this.server);
  }

  /** Links to a run in the Temporal UI; undefined when no UI is known. Calls nothing. */
  link(workflowId: string, runId: string, page?: string): string | undefined {
    return runLink(this.server, workflowId, runId, page);
  }

  private async send(workflowId: string, name: string, payload: object, options?: SendOptions): Promise<Sent> {
    return translated(async () => sendMessage(this.client, workflowId, name, payload, options));
  }

  private async query<Answer>(workflowId: string, name: string): Promise<Answer | undefined> {
    return translated(async () => queryRun<Answer>(this.client, workflowId, name));
  }
}

function workflowIdOf({ service, environment }: EnvironmentName): string {
  return environmentWorkflowId(service, environment);
}

/** Summarises a run for the Temporal UI, which shows at most 200 bytes. */
function summaryOf(workflowType: string, { service, environment, commit }: RunSubject): string {
  return [workflowType, service, environment && `to ${environment}`, commit && `at ${commit.slice(0, 12)}`]
    .filter(Boolean)
    .join(' ')
    .slice(0, 200);
}
