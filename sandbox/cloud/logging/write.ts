import type { Cloud } from '../core/cloud.ts';
import { asRpcError, RpcError } from '../server/errors.ts';
import { unary } from '../server/rpc.ts';
import type { UnaryHandler } from '../server/rpc.ts';
import { nextInsertId } from './entry.ts';
import type { EntryJson, JsonObject } from './entry.ts';
import { entryToJson } from './entry-proto.ts';
import type { LogStore } from './log-store.ts';
import { partialErrors } from './partial-errors.ts';
import { toTimestamp } from './query/values.ts';
import { checkProject } from './resource-names.ts';

interface ResourceMessage {
  type: string;
  labels?: Record<string, string>;
}

interface WriteLogEntriesRequest {
  logName: string;
  resource: ResourceMessage | null;
  labels: Record<string, string>;
  entries: { logName: string; resource: ResourceMessage | null; labels: Record<string, string> }[];
  partialSuccess: boolean;
  dryRun: boolean;
}

const MAX_ENTRY_BYTES = 256 << 10;
const DAY_MS = 86_400_000;
const RETENTION_DAYS = 30;

/** Serves LoggingServiceV2.WriteLogEntries. Without partialSuccess one bad entry refuses them all. */
export function writeLogEntries(cloud: Cloud, store: LogStore): UnaryHandler {
  return unary((request: WriteLogEntriesRequest, call) => {
    const good: EntryJson[] = [];
    const bad: Record<number, RpcError> = {};
    for (const [index, message] of request.entries.entries()) {
      try {
        good.push(toEntry(cloud.project, request, message));
      } catch (error) {
        bad[index] = asRpcError(error);
      }
    }
    const refused = Object.keys(bad).length > 0;
    if (refused && !request.partialSuccess) throw partialErrors(bad, 'No log entry was written');
    if (!request.dryRun) {
      const now = Date.now();
      for (const entry of good) if (isInRetention(entry, now)) store.append(entry, now, cloud.tempo.logDelayMs);
      if (good[0] !== undefined) call.effect('created', good[0].logName);
    }
    if (refused) throw partialErrors(bad, 'Some log entries were not written');
    return {};
  });
}

function toEntry(
  project: string,
  request: WriteLogEntriesRequest,
  message: WriteLogEntriesRequest['entries'][number],
): EntryJson {
  const logName = message.logName || request.logName;
  const resource = message.resource?.type ? message.resource : request.resource;
  checkLogName(logName, project);
  if (!resource?.type)
    throw new RpcError('INVALID_ARGUMENT', 'A monitored resource must be specified for each log entry');
  const json = entryToJson({ ...message, labels: { ...request.labels, ...message.labels } });
  const entry: EntryJson = {
    ...withoutDefaults(json),
    logName,
    resource: { type: resource.type, labels: { project_id: project, ...resource.labels } },
    timestamp: typeof json['timestamp'] === 'string' ? json['timestamp'] : new Date().toISOString(),
    insertId: typeof json['insertId'] === 'string' && json['insertId'] !== '' ? json['insertId'] : nextInsertId(),
  };
  const size = Buffer.byteLength(JSON.stringify(entry));
  if (size > MAX_ENTRY_BYTES)
    throw new RpcError('INVALID_ARGUMENT', `Log entry with size ${size} exceeds maximum size of ${MAX_ENTRY_BYTES}`);
  return entry;
}

function checkLogName(logName: string, project: string): void {
  const match = /^projects\/([^/]+)\/logs\/[^/]+$/.exec(logName);
  if (match === null) {
    throw new RpcError(
      'INVALID_ARGUMENT',
      `Log name '${logName}' is not of the form projects/PROJECT_ID/logs/LOG_ID with the id URL-encoded`,
    );
  }
  checkProject(match[1] ?? '', project, 'logging.logEntries.create');
}

/** Removes fields that only have their default. Otherwise `httpRequest:*` and its like would be true of every entry. */
function withoutDefaults(json: JsonObject): JsonObject {
  const result: JsonObject = {};
  for (const [key, value] of Object.entries(json)) {
    if (key === 'jsonPayload' || key === 'protoPayload') result[key] = value;
    else if (key === 'labels' ? Object.keys(value as object).length > 0 : !isDefault(key, value)) {
      result[key] =
        typeof value === 'object' && value !== null && key !== 'labels' ? withoutDefaults(value as JsonObject) : value;
    }
  }
  return result;
}

function isDefault(key: string, value: unknown): boolean {
  if (key === 'receiveTimestamp' || value === null) return true;
  return value === '' || value === false || value === 0 || value === '0' || value === 'DEFAULT';
}

/**
 * Tells whether an entry is kept. Platform: those older than the retention or over a day ahead are taken and not kept.
 */
function isInRetention(entry: EntryJson, nowMs: number): boolean {
  const at = Number((toTimestamp(entry.timestamp) ?? 0n) / 1_000_000n);
  return at >= nowMs - RETENTION_DAYS * DAY_MS && at <= nowMs + DAY_MS;
}
