import { z } from 'zod';
import type { Finding } from '../verdict.ts';
import {
  argument,
  count,
  environmentVariable,
  jsonPointer,
  name,
  relativePath,
  secretName,
  secretVersion,
  url,
} from './fields.ts';

/**
 * The gates of a catalog file and what each answers: a kind has its fields here and its code in
 * activities/gates/<kind>.ts. docs/gates.md has an example of each. New fields are optional: a run that sleeps
 * carries the entry as it was.
 */

const seconds = (low: number, high: number) => count('a number of seconds', low, high);
const requestPath = z
  .string('must be a path')
  .regex(/^\/[^\s]*$/, 'must begin with /')
  .max(2000, 'at most 2000 characters');
const headerName = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_|~-]{1,100}$/, 'must be the name of a header');
const headerText = z
  .string('must be text')
  .regex(/^[\x20-\x7e]*$/, 'must be printable')
  .max(2000, 'at most 2000 characters');
/**
 * Plain, or read from the environment's Secret Manager when the request is made: the value is in no file, plan,
 * history or result.
 */
const headerValue = z.union(
  [headerText, z.strictObject({ secret: secretName, version: secretVersion.optional() })],
  'must be text or {secret: <name>}',
);
/** `host` or `host:port`, as a URL says it. */
const host = z.string('must be a host').regex(/^[a-z0-9.-]+(:\d{1,5})?$/, 'must be a host such as api.example.com');
const status = count('a status', 100, 599);

/**
 * One request. `{commit}`, `{marker}`, `{service}`, `{environment}` and what an earlier gate outputs stand for their
 * values in path, header and body.
 */
export const requestFields = {
  method: z
    .enum(['GET', 'POST', 'HEAD', 'PUT', 'PATCH', 'DELETE'], 'must be GET, HEAD, POST, PUT, PATCH or DELETE')
    .default('GET'),
  path: requestPath,
  /** Another origin than the service's own; its host must be among `hosts`. */
  at: url.optional(),
  /** Hosts besides the service's own that may be called. */
  hosts: z.array(host).optional(),
  headers: z.record(headerName, headerValue).optional(),
  body: z.unknown().optional(),
  timeoutSeconds: seconds(1, 60).default(10),
};

/**
 * Where a request that carries `{marker}` is found again: it is looked for before it is sent, and what is found is
 * not sent again.
 */
const lookup = z.strictObject({ path: requestPath, pointer: jsonPointer });

/** HTTP (runbook 004, deployment procedure, step 4; runbook 003, endpoints). */
export const httpGate = z
  .strictObject({
    kind: z.literal('http').optional(),
    name,
    ...requestFields,
    status: z.array(status).min(1, 'must have a status').default([200]),
    /** JSON pointers into the answer and the value expected there. */
    json: z.record(jsonPointer, z.union([z.string(), z.number(), z.boolean()])).optional(),
    /** JSON pointers at which the answer must have something. */
    present: z.array(jsonPointer).optional(),
    /** Keeps a value of the answer for later gates, as `{<as>}`. */
    output: z.strictObject({ as: name, pointer: jsonPointer }).optional(),
    lookup: lookup.optional(),
    /** Says of a POST or PATCH that sending it twice does what sending it once does. */
    repeatable: z.boolean('must be true or false').optional(),
  })
  .check(hostIsDeclared, markerIsCarried);

/**
 * A control of access: without the header the request must be refused (runbook 004, post-deploy verification, step
 * 2).
 */
export const authGate = z
  .strictObject({
    kind: z.literal('auth'),
    name,
    ...requestFields,
    /** The header that is left out. */
    without: headerName,
    /** How it must be refused. */
    status: z.union([z.literal(401), z.literal(403)], 'must be 401 or 403'),
  })
  .check(hostIsDeclared, ({ value, issues }) => {
    const sent = Object.keys(value.headers ?? {}).some(
      (header) => header.toLowerCase() === value.without.toLowerCase(),
    );
    if (sent)
      issues.push({
        code: 'custom',
        input: value.without,
        path: ['headers'],
        message: `must not have ${value.without}: the gate looks whether it is refused without`,
      });
  });

/** What is asked of a candidate before users are. */
export const smokeGate = z.discriminatedUnion('kind', [httpGate, authGate], 'must be of kind http or auth');

const stateName = z.string('must be a state').min(1, 'must not be blank').max(100, 'at most 100 characters');
/** What is asked again and again about a run that an earlier gate started and outputs, usually as `{run}` in the path. */
const followed = {
  name,
  path: requestFields.path,
  at: requestFields.at,
  hosts: requestFields.hosts,
  headers: requestFields.headers,
  timeoutSeconds: requestFields.timeoutSeconds,
  withinSeconds: seconds(1, 3600).default(60),
  everySeconds: seconds(1, 60).default(1),
};

/** The movement of a queue, by following a real run (runbook 004, post-deploy verification, step 1). */
export const queueGate = z
  .strictObject({
    kind: z.literal('queue'),
    ...followed,
    /** Where the answer has the run's state. */
    state: jsonPointer.default('/status'),
    /**
     * Where it has all states so far, in order: a list of states, or of objects that have one at `state`. Without it,
     * only states that are seen count.
     */
    transitions: jsonPointer.optional(),
    /** States that a run passes through, in order, and those that it may end in. */
    through: z.array(stateName).min(1, 'must have a state').default(['queued', 'running']),
    ends: z.array(stateName).min(1, 'must have a state').default(['completed', 'failed']),
  })
  .check(hostIsDeclared);

/** What a run leaves: its summary has it (runbook 004, post-deploy verification, step 3). */
export const runOutputGate = z
  .strictObject({ kind: z.literal('runOutput'), ...followed, pointer: jsonPointer.default('/runOutput') })
  .check(hostIsDeclared);

/** Entries of a log since the shift, against those before it (runbook 000, deploy sequence, step 4). */
export const logGate = z.strictObject({
  kind: z.literal('log').optional(),
  name,
  filter: z.string('must be a filter').min(1, 'must not be blank').max(10_000, 'at most 10000 characters'),
  freshnessMinutes: count('a number of minutes', 1, 1440).default(10),
  limit: count('a number of entries', 1, 1000).default(20),
});

const promql = z.string('must be a query').min(1, 'must not be blank').max(5000, 'at most 5000 characters');
const figure = z.number('must be a number');

/**
 * One number that Prometheus has (runbook 004, post-deploy verification, step 1; runbook 000, deploy sequence, step
 * 4). In the query stand `{service}` and `{revision}`, as the platform calls them, and `{window}`.
 */
export const metricGate = z
  .strictObject({
    kind: z.literal('metric').optional(),
    name,
    query: promql,
    /** The longest time that is looked back; less as long as the shift is not that long ago. */
    windowSeconds: seconds(5, 86_400).default(300),
    /** Limits that the number must keep to. */
    below: figure.optional(),
    above: figure.optional(),
    /** At most `factor` times what the same query said of the time before the shift, and never a fail up to `floor`. */
    baseline: z.strictObject({ factor: figure.positive('must be above 0'), floor: figure }).optional(),
    /** How much there must be to look at, by a query of its own, before the number means anything. */
    enough: z.strictObject({ query: promql, min: figure }).optional(),
    /**
     * Leaves the gate out, visibly, where neither the catalog nor the worker names a Prometheus: for places that have
     * none.
     */
    onlyWhereMonitored: z.boolean('must be true or false').optional(),
  })
  .check(({ value: { below, above, baseline }, issues, value }) => {
    if (below === undefined && above === undefined && baseline === undefined)
      issues.push({
        code: 'custom',
        input: value.name,
        path: ['below'],
        message: 'must have a limit: below, above or baseline',
      });
  });

/** A program of the commit itself, run in a clean checkout (runbook 004, pre-deploy checklist, step 1). */
export const commandGate = z.strictObject({
  kind: z.literal('command'),
  name,
  command: z.array(argument).min(1, 'must name a program'),
  /** Below the repository; its root where nothing is said. */
  directory: relativePath.optional(),
  /** `npm ci` first, once for a checkout and directory. */
  install: z.boolean('must be true or false').optional(),
  /** Set besides PATH, HOME and CI; nothing else of the worker's environment is passed on. Never secrets. */
  variables: z.record(environmentVariable, argument).optional(),
  timeoutSeconds: seconds(1, 3600).default(600),
});

export const gate = z.discriminatedUnion(
  'kind',
  [
    httpGate,
    authGate,
    queueGate,
    runOutputGate,
    logGate.extend({ kind: z.literal('log') }),
    metricGate.safeExtend({ kind: z.literal('metric') }),
    commandGate,
  ],
  'must have a kind: http, auth, queue, runOutput, log, metric or command',
);

function hostIsDeclared({
  value,
  issues,
}: {
  value: { at?: string | undefined; hosts?: string[] | undefined };
  issues: z.core.$ZodRawIssue[];
}): void {
  if (value.at === undefined || !URL.canParse(value.at)) return;
  const { host: called, origin } = new URL(value.at);
  if (value.at.replace(/\/$/, '') !== origin)
    issues.push({
      code: 'custom',
      input: value.at,
      path: ['at'],
      message: 'must be an origin such as https://api.example.com, without path',
    });
  if (!(value.hosts ?? []).includes(called))
    issues.push({ code: 'custom', input: value.at, path: ['at'], message: `calls ${called}: add it under hosts` });
}

function markerIsCarried({
  value,
  issues,
}: {
  value: { path: string; headers?: unknown; body?: unknown; lookup?: { path: string } | undefined };
  issues: z.core.$ZodRawIssue[];
}): void {
  if (value.lookup === undefined) return;
  const sent = JSON.stringify([value.path, value.headers, value.body]);
  if (!sent.includes('{marker}'))
    issues.push({
      code: 'custom',
      input: value.lookup,
      path: ['lookup'],
      message: 'finds a request by its marker: put {marker} into its body, path or a header',
    });
  if (!value.lookup.path.includes('{marker}'))
    issues.push({ code: 'custom', input: value.lookup.path, path: ['lookup', 'path'], message: 'must have {marker}' });
}

export type HttpGate = z.infer<typeof httpGate>;
export type AuthGate = z.infer<typeof authGate>;
export type SmokeGate = z.infer<typeof smokeGate>;
export type QueueGate = z.infer<typeof queueGate>;
export type RunOutputGate = z.infer<typeof runOutputGate>;
export type LogGate = z.infer<typeof logGate>;
export type MetricGate = z.infer<typeof metricGate>;
export type CommandGate = z.infer<typeof commandGate>;
export type Gate = z.infer<typeof gate>;
export type GateKind = NonNullable<Gate['kind']>;

/** Whether a request changes nothing at the service. */
export function isReading({ method }: Pick<HttpGate, 'method'>): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** What a gate found, in one shape for all kinds. No field ever has a secret in it. */
export interface GateResult extends Finding {
  name: string;
  kind: GateKind;
  /** A few short texts that show it: entries of a log, the end of an output, states of a run. */
  samples: string[];
  /** RFC 3339. */
  startedAt: string;
  endedAt: string;
  /** Values for later gates and steps, by name: the id of the run that it started. */
  outputs?: Record<string, string>;
}
