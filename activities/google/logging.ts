import type { protos } from '@google-cloud/logging-api';
import { Status } from 'google-gax';
import type { CloudRunEntry } from '../../contract/catalog/targets/cloud-run.ts';
import type { LogEntry, LogQuery, Logs } from '../ports/platform.ts';
import { logFields } from '../log-fields.ts';
import { oneLine } from '../one-line.ts';
import { call, type CallError, type Caller } from './call.ts';
import type { GoogleClients } from './clients.ts';
import { classified, isCode } from './failure.ts';
import { quoted } from '../../contract/catalog/targets/logging-query.ts';

/** Platform: Logging v2, ListLogEntriesRequest.page_size. */
const maxPageSize = 1_000;

/** Reads Cloud Logging by entries.list, one page. */
export function createCloudLogs(clients: GoogleClients): Logs<CloudRunEntry> {
  const caller: Caller = { callTimeoutMs: clients.callTimeoutMs };
  return {
    read: (target, query, limit) => {
      clients.budget.heed(target);
      const { project } = target;
      return classified(() => readEntries(clients, caller, project, filterOf(query), limit, query.oldestFirst));
    },
    // The platform parses a filter before it looks for entries, so a time without any will do.
    refusalOf: ({ project }, filter, signal) => {
      const now = new Date().toISOString();
      const query = filterOf({ filter, since: now, until: now });
      return readEntries(clients, { ...caller, ...(signal && { signal }) }, project, query, 1).then(
        () => null,
        (error: unknown) => (isCode(error, Status.INVALID_ARGUMENT) ? (error as CallError).message : null),
      );
    },
  };
}

/** The log of what people asked of the platform itself; no service writes to it. */
const adminCalls = 'log_id("cloudaudit.googleapis.com/activity")';

/**
 * Puts the times around the catalog's filter, so that no filter widens them. Refused calls of administrators count in
 * no filter that does not ask for audit logs: their entries have the revision's resource and severity ERROR.
 */
export function filterOf({ filter, since, until }: LogQuery): string {
  const times = [`timestamp>=${quoted(since)}`, ...(until === null ? [] : [`timestamp<${quoted(until)}`])];
  return [...times, `(${filter})`, ...(/cloudaudit/i.test(filter) ? [] : [`NOT ${adminCalls}`])].join(' AND ');
}

export async function readEntries(...question: Parameters<typeof readRawEntries>): Promise<LogEntry[]> {
  return (await readRawEntries(...question)).map(logEntry);
}

/** Reads entries as the platform has them. */
export async function readRawEntries(
  clients: GoogleClients,
  caller: Caller,
  project: string,
  filter: string,
  limit: number,
  oldestFirst = false,
): Promise<protos.google.logging.v2.ILogEntry[]> {
  const request = {
    resourceNames: [`projects/${project}`],
    filter,
    orderBy: oldestFirst ? 'timestamp asc' : 'timestamp desc',
    pageSize: Math.min(limit, maxPageSize),
  };
  const entries = await call(caller, `read the log of ${project}`, (options) =>
    clients.logging.listLogEntries(request, { ...options, autoPaginate: false }),
  );
  return entries.slice(0, limit);
}

function logEntry(entry: protos.google.logging.v2.ILogEntry): LogEntry {
  const { seconds, nanos } = entry.timestamp ?? {};
  return {
    timestamp: new Date(Number(seconds ?? 0) * 1000 + Math.floor((nanos ?? 0) / 1e6)).toISOString(),
    severity: String(entry.severity ?? 'DEFAULT'),
    // A service writes what it likes; what a person reads in a terminal or a page must not move its cursor.
    text: oneLine(textOf(entry)),
    fields: fieldsOf(entry),
    insertId: entry.insertId ?? '',
    // Platform: monitored resource cloud_run_revision.
    revision: entry.resource?.labels?.['revision_name'] ?? '',
  };
}

function textOf({ textPayload, jsonPayload, httpRequest }: protos.google.logging.v2.ILogEntry): string {
  if (textPayload) return textPayload;
  const message = jsonPayload?.fields?.['message']?.stringValue;
  if (message) return message;
  if (httpRequest)
    return `${httpRequest.requestMethod ?? ''} ${httpRequest.requestUrl ?? ''} ${httpRequest.status ?? ''}`;
  return jsonPayload?.fields ? Object.keys(jsonPayload.fields).join(' ') : '';
}

/** Gives the fields of a line. The platform takes the trace out of it (Cloud Logging, structured logging). */
function fieldsOf({ jsonPayload, trace }: protos.google.logging.v2.ILogEntry): Record<string, string> {
  return logFields({ ...recordOf(jsonPayload), ...(trace && { trace }) });
}

/** Gives the fields of a structured line as plain JSON. */
export function recordOf(struct: protos.google.protobuf.IStruct | null | undefined): Record<string, unknown> {
  const values = Object.entries(struct?.fields ?? {});
  return Object.fromEntries(values.map(([name, value]) => [name, valueOf(value)]));
}

/** Reads a value. */
function valueOf(value: protos.google.protobuf.IValue & { kind?: string }): unknown {
  const { kind = Object.keys(value)[0] } = value;
  if (kind === 'structValue') return recordOf(value.structValue);
  if (kind === 'stringValue') return value.stringValue;
  if (kind === 'numberValue') return value.numberValue;
  if (kind === 'listValue') return (value.listValue?.values ?? []).map(valueOf);
  return kind === 'boolValue' ? value.boolValue : null;
}
