import { status } from '@grpc/grpc-js';
import { WorkflowFailedError, type Client, type WorkflowExecutionInfo } from '@temporalio/client';
import { changeId } from '../../contract/ids.ts';
import { queryNames } from '../../contract/message-names.ts';
import type { ChangeStatus } from '../../contract/status.ts';
import { changeTypes } from '../../contract/workflow-types.ts';
import { InvalidName } from './errors.ts';
import { buildReport, endOfError, memoOf, type RunEnd, type RunReport } from './run-report.ts';
import { grpcCodeOf, isUnanswered } from './temporal-errors.ts';

/** Limits the wait for a query. A live worker takes milliseconds; one that is silent for so long counts as gone. */
const queryTimeoutMs = 2_000;

export interface RunFilter {
  service?: string;
  environment?: string;
  phase?: string;
  /** Workflow types; by default those that change an environment. */
  types?: readonly string[];
  /** Only runs that have not closed; true by default. */
  running?: boolean;
  /** Only runs that have closed since then. */
  closedSince?: string;
  limit?: number;
}

/** One run of the list, from its search attributes and memo: no worker is needed. */
export interface RunSummary {
  workflowId: string;
  runId: string;
  workflowType: string;
  /** Its change id. */
  change: string;
  execution: string;
  service: string;
  environment: string;
  phase: string;
  commit: string;
  startedAt: string;
  closedAt: string | null;
  waitingFor: string;
  next: string;
  /** How it ended, as it said itself; empty while it runs, and where it could not say it. */
  outcome: string;
}

/** Queries a run; undefined when no worker answers in time. */
export async function queryRun<Answer>(
  client: Client,
  workflowId: string,
  name: string,
  runId?: string,
): Promise<Answer | undefined> {
  try {
    return await client.withDeadline(Date.now() + queryTimeoutMs, async () =>
      client.workflow.getHandle(workflowId, runId).query<Answer>(name),
    );
  } catch (error) {
    // A run that was ended before a worker had seen it cannot be asked at all: that is a failed precondition.
    if (isUnanswered(error) || grpcCodeOf(error) === status.FAILED_PRECONDITION) return undefined;
    throw error;
  }
}

/** Reports a run: from its own query, or from its memo when no worker answers. */
export async function reportRun(
  client: Client,
  workflowId: string,
  link: (workflowId: string, runId: string) => string | undefined,
  runId?: string,
): Promise<RunReport> {
  const handle = client.workflow.getHandle(workflowId, runId);
  const [description, answer] = await Promise.all([
    handle.describe(),
    queryRun<ChangeStatus>(client, workflowId, queryNames.status, runId),
  ]);
  const end = description.status.name === 'RUNNING' ? null : await endOf(client, workflowId, description.runId);
  return buildReport({ description, status: answer ?? null, end, link: link(workflowId, description.runId) ?? null });
}

/** Waits for the end of a run and tells how it ended. */
export async function endOf(client: Client, workflowId: string, runId?: string): Promise<RunEnd> {
  try {
    const result: unknown = await client.workflow.getHandle(workflowId, runId).result();
    return { type: 'Completed', message: outcomeIn(result), result: result ?? null };
  } catch (error) {
    if (error instanceof WorkflowFailedError) return endOfError(error);
    throw error;
  }
}

/** Lists runs of changes, newest first. Where the server lacks our search attributes, it queries each run. */
export async function listRuns(client: Client, filter: RunFilter = {}): Promise<RunSummary[]> {
  const { service, environment, phase, types = changeTypes, running = true, closedSince, limit = 50 } = filter;
  const base = [
    `WorkflowType IN (${types.map(quoted).join(', ')})`,
    ...(running ? ['ExecutionStatus = "Running"'] : []),
    ...(closedSince === undefined ? [] : ['ExecutionStatus != "Running"', `CloseTime >= ${quoted(closedSince)}`]),
  ];
  const filters = Object.entries({
    SlipwayService: service,
    SlipwayEnvironment: environment,
    SlipwayPhase: phase,
  }).filter(([, value]) => value !== undefined);
  try {
    return await collect(
      client,
      [...base, ...filters.map(([name, value]) => `${name} = ${quoted(value ?? '')}`)],
      limit,
    );
  } catch (error) {
    if (filters.length === 0 || grpcCodeOf(error) !== status.INVALID_ARGUMENT) throw error;
    return await collectByQuery(client, base, filter, limit);
  }
}

async function collect(client: Client, conditions: string[], limit: number): Promise<RunSummary[]> {
  const found: RunSummary[] = [];
  for await (const info of client.workflow.list({ query: conditions.join(' AND '), pageSize: Math.min(limit, 200) })) {
    found.push(summaryOf(info));
    if (found.length >= limit) break;
  }
  return found.sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
}

/** Queries each run for its subject, for a server that does not know our search attributes. */
async function collectByQuery(
  client: Client,
  conditions: string[],
  { service, environment, phase }: RunFilter,
  limit: number,
): Promise<RunSummary[]> {
  const candidates = await collect(client, conditions, limit);
  const described = await Promise.all(
    candidates.map(async (run) => {
      const answer = await queryRun<ChangeStatus>(client, run.workflowId, queryNames.status, run.runId);
      return answer
        ? {
            ...run,
            service: answer.service,
            environment: answer.environment,
            phase: answer.phase,
            commit: answer.commit,
          }
        : run;
    }),
  );
  const matches = (value: string, filter: string | undefined): boolean => filter === undefined || value === filter;
  return described.filter(
    (run) => matches(run.service, service) && matches(run.environment, environment) && matches(run.phase, phase),
  );
}

function summaryOf(info: WorkflowExecutionInfo): RunSummary {
  const memo = memoOf(info.memo);
  const attributes = new Map(info.typedSearchAttributes.getAll().map(({ key, value }) => [key.name, String(value)]));
  const attribute = (name: string): string => attributes.get(name) ?? '';
  return {
    workflowId: info.workflowId,
    runId: info.runId,
    workflowType: info.type,
    change: changeId(info.raw.firstRunId || info.runId),
    execution: info.status.name,
    service: attribute('SlipwayService'),
    environment: attribute('SlipwayEnvironment'),
    phase: attribute('SlipwayPhase') || (memo?.phase ?? ''),
    commit: attribute('SlipwayCommit'),
    startedAt: info.startTime.toISOString(),
    closedAt: info.closeTime?.toISOString() ?? null,
    waitingFor: memo?.waitingFor ?? '',
    next: memo?.next ?? '',
    outcome: memo?.outcome ?? '',
  };
}

function outcomeIn(result: unknown): string {
  return typeof result === 'object' && result !== null && 'outcome' in result ? String(result.outcome) : 'completed';
}

/** Quotes a value for a list filter. A name of ours has no character that would need an escape. */
function quoted(value: string): string {
  if (/["'\\]/.test(value)) throw new InvalidName(value);
  return `"${value}"`;
}
