import type { Client } from '@temporalio/client';
import { environmentWorkflowId, taskQueue } from '../../contract/ids.ts';
import type {
  CheckDriftInput,
  DeployInput,
  MigrateInput,
  PromoteInput,
  ReleaseInput,
  RollbackInput,
} from '../../contract/inputs.ts';
import {
  messageNames,
  queryNames,
  type ApprovePayload,
  type DecidePayload,
  type FreezePayload,
  type LiftPayload,
} from '../../contract/messages.ts';
import type { Plan } from '../../contract/plan.ts';
import type { ReleasePlan } from '../../contract/release.ts';
import type { TimelineEntry } from '../../contract/status.ts';
import { runLink, type ConnectionChoice } from './connection.ts';
import { reportEnvironment, type EnvironmentReport } from './environment-report.ts';
import { followRun } from './follow.ts';
import { sendMessage, sendToEnvironment, type SendOptions, type Sent } from './messages.ts';
import { newRunId } from './run-id.ts';
import type { RunEnd, RunReport } from './run-report.ts';
import { endOf, listRuns, queryRun, reportRun, type RunFilter, type RunSummary } from './runs.ts';
import { workflowTypes } from '../../contract/workflow-types.ts';

export interface StartedRun {
  workflowId: string;
  runId: string;
  workflowType: string;
  /** The run in the Temporal UI; null when no UI is known. */
  link: string | null;
}

export interface Place {
  service: string;
  environment: string;
}

interface FollowOptions {
  runId?: string;
  signal?: AbortSignal;
  onOutage?: (error: Error) => void;
}

/**
 * Slipway, as a program sees it: starts runs, sends the messages of people, asks what goes on. Everything here is
 * also to be had with the Temporal UI or CLI. Methods throw what `@temporalio/client` throws; `asCommandError` says
 * it for people.
 */
export class SlipwayClient {
  readonly client: Client;
  private readonly where: Pick<ConnectionChoice, 'ui' | 'namespace'>;

  constructor(client: Client, where: Pick<ConnectionChoice, 'ui' | 'namespace'>) {
    this.client = client;
    this.where = where;
  }

  async startRelease(input: ReleaseInput, workflowId?: string): Promise<StartedRun> {
    return this.start(
      workflowTypes.release,
      input,
      workflowId ?? newRunId({ type: workflowTypes.release, service: input.service, commit: input.commit }),
    );
  }

  async startDeploy(input: DeployInput, workflowId?: string): Promise<StartedRun> {
    return this.start(workflowTypes.deploy, input, workflowId ?? newRunId({ type: workflowTypes.deploy, ...input }));
  }

  async startMigrate(input: MigrateInput, workflowId?: string): Promise<StartedRun> {
    return this.start(workflowTypes.migrate, input, workflowId ?? newRunId({ type: workflowTypes.migrate, ...input }));
  }

  async startPromote(input: PromoteInput, workflowId?: string): Promise<StartedRun> {
    return this.start(
      workflowTypes.promote,
      input,
      workflowId ?? newRunId({ type: workflowTypes.promote, service: input.service, environment: input.to }),
    );
  }

  async startRollback(input: RollbackInput, workflowId?: string): Promise<StartedRun> {
    const { service, environment } = input;
    return this.start(
      workflowTypes.rollback,
      input,
      workflowId ?? newRunId({ type: workflowTypes.rollback, service, environment }),
    );
  }

  async startDriftCheck(input: CheckDriftInput): Promise<StartedRun> {
    return this.start(workflowTypes.checkDrift, input, newRunId({ type: workflowTypes.checkDrift, ...input }));
  }

  async approve(workflowId: string, payload: ApprovePayload, options?: SendOptions): Promise<Sent> {
    return sendMessage(this.client, workflowId, messageNames.approve, payload, options);
  }

  async reject(workflowId: string, payload: ApprovePayload, options?: SendOptions): Promise<Sent> {
    return sendMessage(this.client, workflowId, messageNames.reject, payload, options);
  }

  async decide(workflowId: string, payload: DecidePayload, options?: SendOptions): Promise<Sent> {
    return sendMessage(this.client, workflowId, messageNames.decide, payload, options);
  }

  /** What can be said of a run; stale, from its memo, when no worker answers. */
  async status(workflowId: string, runId?: string): Promise<RunReport> {
    return reportRun(this.client, workflowId, (id, run) => this.link(id, run), runId);
  }

  /** Undefined when no worker answers. */
  async timeline(workflowId: string): Promise<TimelineEntry[] | undefined> {
    return queryRun(this.client, workflowId, queryNames.timeline);
  }

  /** Null before the run has a plan; undefined when no worker answers. */
  async plan(workflowId: string): Promise<Plan | ReleasePlan | null | undefined> {
    return queryRun(this.client, workflowId, queryNames.plan);
  }

  /** The plan that people are asked about: the run's own, for a release that of the stop which waits. */
  async planAsked(workflowId: string): Promise<Plan | null | undefined> {
    const plan = await this.plan(workflowId);
    if (plan?.kind !== 'release') return plan;
    const { waitingFor } = await this.status(workflowId);
    return waitingFor?.child === undefined
      ? null
      : queryRun<Plan | null>(this.client, waitingFor.child, queryNames.plan);
  }

  async list(filter?: RunFilter): Promise<RunSummary[]> {
    return listRuns(this.client, filter);
  }

  /** Every change of the run's status until it has closed. */
  follow(workflowId: string, { runId, ...options }: FollowOptions = {}): AsyncGenerator<RunReport> {
    return followRun({
      client: this.client,
      workflowId,
      runId,
      report: async () => this.status(workflowId, runId),
      ...options,
    });
  }

  /** Waits for the end of a run. */
  async end(workflowId: string, runId?: string): Promise<RunEnd> {
    return endOf(this.client, workflowId, runId);
  }

  /**
   * What an environment says of itself; what it last wrote down when no worker answers; null when nothing has
   * happened there yet.
   */
  async environment({ service, environment }: Place): Promise<EnvironmentReport | null> {
    return reportEnvironment(this.client, { service, environment });
  }

  /** May be the first that anybody wants of an environment, so it starts its workflow. */
  async freeze(place: Place, payload: FreezePayload, options?: SendOptions): Promise<Sent> {
    return sendToEnvironment(this.client, place, messageNames.freeze, payload, options);
  }

  async unfreeze(place: Place, payload: LiftPayload, options?: SendOptions): Promise<Sent> {
    return this.tellEnvironment(place, messageNames.unfreeze, payload, options);
  }

  async breakLock(place: Place, payload: LiftPayload, options?: SendOptions): Promise<Sent> {
    return this.tellEnvironment(place, messageNames.breakLock, payload, options);
  }

  async lift(place: Place, payload: LiftPayload, options?: SendOptions): Promise<Sent> {
    return this.tellEnvironment(place, messageNames.lift, payload, options);
  }

  link(workflowId: string, runId: string, page?: string): string | undefined {
    return runLink(this.where, workflowId, runId, page);
  }

  private async tellEnvironment(
    { service, environment }: Place,
    name: string,
    payload: object,
    options?: SendOptions,
  ): Promise<Sent> {
    return sendMessage(this.client, environmentWorkflowId(service, environment), name, payload, options);
  }

  private async start(workflowType: string, input: object, workflowId: string): Promise<StartedRun> {
    const handle = await this.client.workflow.start(workflowType, {
      workflowId,
      taskQueue,
      args: [input],
      workflowIdConflictPolicy: 'FAIL',
      staticSummary: summaryOf(workflowType, input),
    });
    const runId = handle.firstExecutionRunId;
    return { workflowId, runId, workflowType, link: this.link(workflowId, runId) ?? null };
  }
}

/** What the Temporal UI shows beside the run, at most 200 bytes. */
function summaryOf(workflowType: string, input: object): string {
  const { service, environment, commit } = input as { service?: string; environment?: string; commit?: string };
  return [workflowType, service, environment && `to ${environment}`, commit && `at ${commit.slice(0, 12)}`]
    .filter(Boolean)
    .join(' ')
    .slice(0, 200);
}
