import { randomBytes } from 'node:crypto';
import type { LogEntryInput } from '../core/cloud.ts';

/** Plain JSON, as in the REST form of an entry. */
export type JsonObject = { [key: string]: unknown };

/** A log entry in its REST form: the form that is stored and that filters are asked about. */
export interface EntryJson extends JsonObject {
  logName: string;
  resource: { type: string; labels?: Record<string, string> };
  timestamp: string;
  insertId: string;
  severity?: string;
}

let sequence = 0;

/** Assigns an insertId. Platform: it sorts after the earlier ones, so that entries of one instant keep their order. */
export function nextInsertId(): string {
  sequence += 1;
  const time = Date.now().toString(36).padStart(9, '0');
  return `${time}${sequence.toString(36).padStart(7, '0')}${randomBytes(3).toString('hex')}`;
}

/** Names a log, as `projects/P/logs/run.googleapis.com%2Fstdout`. */
function logNameOf(project: string, logId: string): string {
  return `projects/${project}/logs/${encodeURIComponent(logId)}`;
}

/** Makes the stored form of an entry that the platform itself writes. */
export function platformEntry(project: string, input: LogEntryInput): EntryJson {
  const entry: EntryJson = {
    logName: logNameOf(project, input.logName),
    resource: { type: input.resource.type, labels: { project_id: project, ...input.resource.labels } },
    timestamp: input.timestamp.toISOString(),
    insertId: nextInsertId(),
  };
  if (input.severity !== undefined && input.severity !== 'DEFAULT') entry.severity = input.severity;
  if (input.labels !== undefined && Object.keys(input.labels).length > 0) entry['labels'] = input.labels;
  for (const key of ['jsonPayload', 'protoPayload', 'textPayload', 'httpRequest', 'trace', 'spanId'] as const) {
    if (input[key] !== undefined) entry[key] = input[key];
  }
  return entry;
}
