import type {
  ExecutionLog,
  ExecutionLogQuery,
  ExecutionOutput,
  OutputLine,
  RequestsQuery,
} from '../../ports/target.ts';
import { quoted } from '../../../contract/catalog/targets/logging-query.ts';
import { readEntries, readRawEntries, recordOf } from '../logging.ts';
import { shortName } from './resources.ts';
import type { ReadContext } from './session.ts';

const maxExecutionEntries = 500;

/** Counts requests in the service's request log. Platform: Cloud Run, "Logging and viewing logs", request logs. */
export async function requestsServed(
  { clients, caller, target: { project, service } }: ReadContext,
  query: RequestsQuery,
): Promise<number> {
  const entries = await readEntries(clients, caller, project, requestsFilter(service, query), query.limit);
  return entries.length;
}

export function requestsFilter(service: string, { since, revision, userAgent }: RequestsQuery): string {
  return [
    'resource.type="cloud_run_revision"',
    `resource.labels.service_name=${quoted(service)}`,
    'log_id("run.googleapis.com/requests")',
    ...(revision === null ? [] : [`resource.labels.revision_name=${quoted(revision)}`]),
    'is' in userAgent
      ? `httpRequest.userAgent=${quoted(userAgent.is)}`
      : `NOT httpRequest.userAgent:${quoted(userAgent.lacks)}`,
    `timestamp>=${quoted(since)}`,
  ].join(' AND ');
}

/** Says that a line is the platform's own, which ends the log of a container. */
const isEnd = (line: string): boolean => line.startsWith('Container called exit(');

/** Reads an execution's own entries, oldest first. The platform's last one says that there are no more. */
export async function readExecutionLog(
  { clients, caller, target: { project } }: ReadContext,
  query: ExecutionLogQuery,
): Promise<ExecutionLog> {
  const entries = await readEntries(clients, caller, project, executionFilter(query), maxExecutionEntries);
  const lines = entries.map(({ text }) => text).toReversed();
  return { lines: lines.filter((line) => !isEnd(line)), isComplete: lines.some(isEnd) };
}

export function executionFilter({ execution, since }: ExecutionLogQuery): string {
  return [
    'resource.type="cloud_run_job"',
    `labels."run.googleapis.com/execution_name"=${quoted(shortName(execution))}`,
    `timestamp>=${quoted(since)}`,
  ].join(' AND ');
}

/** The most that one page has (platform: Logging v2, ListLogEntriesRequest.page_size). */
const maxOutputLines = 1_000;

/**
 * Reads the lines that an execution has written. A line that is a JSON object has become fields, which are written as
 * one line again; `severity` and `time` are the entry's own by then (platform: Cloud Logging, structured logging).
 */
export async function readExecutionOutput(
  { clients, caller, target: { project } }: ReadContext,
  query: ExecutionLogQuery,
): Promise<ExecutionOutput> {
  const entries = await readRawEntries(clients, caller, project, executionFilter(query), maxOutputLines, true);
  const lines = entries.flatMap(({ logName, textPayload, jsonPayload }): OutputLine[] => {
    const stream = /%2F(stdout|stderr)$/.exec(logName ?? '')?.[1];
    if (stream !== 'stdout' && stream !== 'stderr') return [];
    return [{ stream, text: jsonPayload ? JSON.stringify(recordOf(jsonPayload)) : (textPayload ?? '') }];
  });
  return {
    lines,
    isComplete: entries.some(({ textPayload }) => isEnd(textPayload ?? '')),
    isCut: entries.length === maxOutputLines,
  };
}
