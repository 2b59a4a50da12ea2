import { FilterError } from './filter-error.ts';
import type { FieldPath } from './syntax.ts';

export type ScalarType = 'string' | 'integer' | 'boolean' | 'timestamp' | 'duration' | 'severity';

/**
 * Kinds of fields. `struct` is free-form JSON, `labels` a map of strings; in both an absent key is missing, not
 * defaulted.
 */
export type FieldType = ScalarType | 'struct' | 'labels' | { readonly message: Readonly<Record<string, FieldType>> };

/** Platform: Logging v2 `LogEntry` in its JSON form. */
const LOG_ENTRY = {
  message: {
    logName: 'string',
    resource: { message: { type: 'string', labels: 'labels' } },
    timestamp: 'timestamp',
    receiveTimestamp: 'timestamp',
    severity: 'severity',
    insertId: 'string',
    textPayload: 'string',
    jsonPayload: 'struct',
    protoPayload: 'struct',
    labels: 'labels',
    trace: 'string',
    spanId: 'string',
    traceSampled: 'boolean',
    httpRequest: {
      message: {
        requestMethod: 'string',
        requestUrl: 'string',
        requestSize: 'integer',
        status: 'integer',
        responseSize: 'integer',
        userAgent: 'string',
        remoteIp: 'string',
        serverIp: 'string',
        referer: 'string',
        latency: 'duration',
        cacheLookup: 'boolean',
        cacheHit: 'boolean',
        cacheValidatedWithOriginServer: 'boolean',
        cacheFillBytes: 'integer',
        protocol: 'string',
      },
    },
    metadata: { message: { systemLabels: 'struct', userLabels: 'labels' } },
    operation: { message: { id: 'string', producer: 'string', first: 'boolean', last: 'boolean' } },
    sourceLocation: { message: { file: 'string', line: 'integer', function: 'string' } },
    split: { message: { uid: 'string', index: 'integer', totalSplits: 'integer' } },
    errorGroups: { message: { id: 'string' } },
  },
} as const satisfies FieldType;

/** A path checked against LogEntry: the JSON keys to follow and what is found at their end. */
export interface ResolvedField {
  readonly keys: readonly string[];
  readonly type: FieldType | 'dynamic';
}

/**
 * Checks a path against LogEntry; an undefined field is an error before the query runs. Names are taken as in JSON
 * (`httpRequest`) or in the proto (`http_request`), in any case; payload keys and labels are exact.
 */
export function resolveField(path: FieldPath): ResolvedField {
  let type: FieldType = LOG_ENTRY;
  const keys: string[] = [];
  for (const [index, segment] of path.segments.entries()) {
    if (type === 'struct') return { keys: [...keys, ...path.segments.slice(index)], type: 'dynamic' };
    if (type === 'labels') {
      if (index < path.segments.length - 1) throw FilterError.unknownField(path.text, quoteAdvice(path, index));
      return { keys: [...keys, segment], type: 'dynamic' };
    }
    if (typeof type === 'string') throw FilterError.unknownField(path.text, `'${keys.join('.')}' has no fields.`);
    const name = fieldName(type.message, segment);
    if (name === undefined) throw FilterError.unknownField(path.text, describe(keys, type.message));
    keys.push(name);
    type = type.message[name] as FieldType;
  }
  return { keys, type };
}

function fieldName(fields: Readonly<Record<string, FieldType>>, segment: string): string | undefined {
  const wanted = segment.toLowerCase();
  return Object.keys(fields).find((name) => name.toLowerCase() === wanted || snakeCase(name) === wanted);
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function describe(keys: readonly string[], fields: Readonly<Record<string, FieldType>>): string {
  const owner = keys.length === 0 ? 'LogEntry' : `'${keys.join('.')}'`;
  return `${owner} has the fields ${Object.keys(fields).join(', ')}.`;
}

function quoteAdvice(path: FieldPath, index: number): string {
  const parent = path.segments.slice(0, index).join('.');
  return `A label with dots in its name must be quoted: ${parent}."${path.segments.slice(index).join('.')}".`;
}
