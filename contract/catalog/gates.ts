import { z } from 'zod';
import type { Finding } from '../verdict.ts';
import { argument, count, environmentVariable, jsonPointer, name, relativePath } from './fields.ts';
import { promql } from './promql.ts';
import { headerName, hostIsDeclared, lookup, markerIsCarried, requestFields, seconds, status } from './request.ts';

/**
 * Describes the gates of a catalog file and their results. A kind has its fields here and its code in
 * activities/gates/<kind>.ts; docs/gates.md has an example of each.
 */

const single = z.union([z.string(), z.number(), z.boolean(), z.null()]);
/** JSON pointers and the value that must stand there, or the values of which one must. */
export const expectedValues = z.record(jsonPointer, z.union([single, z.array(single).min(1, 'must have a value')]));

/** HTTP (runbook 004, deployment procedure, step 4; runbook 003, endpoints). */
export const httpGate = z
  .strictObject({
    kind: z.literal('http').optional(),
    name,
    ...requestFields,
    status: z.array(status).min(1, 'must have a status').default([200]),
    /** JSON pointers into the answer and the value expected there, or a list of values. */
    json: expectedValues.optional(),
    /** JSON pointers at which the answer must have something. */
    present: z.array(jsonPointer).optional(),
    /** A value of the answer for later gates, as `{<as>}`. */
    output: z.strictObject({ as: name, pointer: jsonPointer }).optional(),
    lookup: lookup.optional(),
    /** True if a POST or PATCH does the same when it is sent twice. */
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
    /** The status with which it must be refused. */
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
        message: `must not have ${value.without}: the gate checks that a request without it is refused`,
      });
  });

/** A check of a candidate before users get it. */
export const smokeGate = z.discriminatedUnion('kind', [httpGate, authGate], 'must be of kind http or auth');

const stateName = z.string('must be a state').min(1, 'must not be blank').max(100, 'at most 100 characters');
/** The fields of a poll of a run that an earlier gate started, usually with `{run}` in the path. */
const pollFields = {
  name,
  path: requestFields.path,
  at: requestFields.at,
  hosts: requestFields.hosts,
  headers: requestFields.headers,
  timeoutSeconds: requestFields.timeoutSeconds,
  withinSeconds: seconds(1, 3600).default(60),
  everySeconds: seconds(1, 60).default(1),
};

/** Checks that a queue moves, by following a real run (runbook 004, post-deploy verification, step 1). */
export const queueGate = z
  .strictObject({
    kind: z.literal('queue'),
    ...pollFields,
    /** Pointer to the run's state in the answer. */
    state: jsonPointer.default('/status'),
    /**
     * Pointer to all states so far, in order: a list of states, or of objects that have one at `state`. Without it,
     * only states that are seen count.
     */
    transitions: jsonPointer.optional(),
    /** States that a run passes through, in order, and those that it may end in. */
    through: z.array(stateName).min(1, 'must have a state').default(['queued', 'running']),
    ends: z.array(stateName).min(1, 'must have a state').default(['completed', 'failed']),
  })
  .check(hostIsDeclared);

/** Checks that a run's summary has its output (runbook 004, post-deploy verification, step 3). */
export const runOutputGate = z
  .strictObject({ kind: z.literal('runOutput'), ...pollFields, pointer: jsonPointer.default('/runOutput') })
  .check(hostIsDeclared);

/** Compares log entries since the shift with those before it (runbook 000, deploy sequence, step 4). */
export const logGate = z.strictObject({
  kind: z.literal('log').optional(),
  name,
  filter: z.string('must be a filter').min(1, 'must not be blank').max(10_000, 'at most 10000 characters'),
  freshnessMinutes: count('a number of minutes', 1, 1440).default(10),
  limit: count('a number of entries', 1, 1000).default(20),
});

const figure = z.number('must be a number');

/**
 * Checks one number of Prometheus (runbook 004, post-deploy verification, step 1; runbook 000, deploy sequence, step
 * 4). In the query stand `{service}` and `{revision}`, as the platform calls them, and `{window}`.
 */
export const metricGate = z
  .strictObject({
    kind: z.literal('metric').optional(),
    name,
    query: promql,
    /** The longest window; shortly after the shift it is the time since. */
    windowSeconds: seconds(5, 86_400).default(300),
    /** Limits that the number must keep to. */
    below: figure.optional(),
    above: figure.optional(),
    /** At most `factor` times the number before the shift; never a fail up to `floor`. */
    baseline: z.strictObject({ factor: figure.positive('must be above 0'), floor: figure }).optional(),
    /** A query of its own that says how much there is to look at; below `min` the gate is inconclusive. */
    enough: z.strictObject({ query: promql, min: figure }).optional(),
    /** True if the gate is left out, visibly, where neither the catalog nor the worker names a Prometheus. */
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

/** Runs a program of the commit in a clean checkout (runbook 004, pre-deploy checklist, step 1). */
export const commandGate = z.strictObject({
  kind: z.literal('command'),
  name,
  command: z.array(argument).min(1, 'must name a program'),
  /** Directory below the repository; by default its root. */
  directory: relativePath.optional(),
  /** True if `npm ci` runs first, once for a checkout and directory. */
  install: z.boolean('must be true or false').optional(),
  /** Variables besides PATH, HOME and CI; nothing else of the worker's environment is passed on. Never secrets. */
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

export type HttpGate = z.infer<typeof httpGate>;
export type AuthGate = z.infer<typeof authGate>;
export type SmokeGate = z.infer<typeof smokeGate>;
export type QueueGate = z.infer<typeof queueGate>;
export type RunOutputGate = z.infer<typeof runOutputGate>;
export type LogGate = z.infer<typeof logGate>;
export type MetricGate = z.infer<typeof metricGate>;
export type CommandGate = z.infer<typeof commandGate>;
export type Gate = z.infer<typeof gate>;
const gateKinds = ['http', 'auth', 'queue', 'runOutput', 'log', 'metric', 'command'] as const satisfies NonNullable<
  Gate['kind']
>[];
export type GateKind = NonNullable<Gate['kind']>;
/** Kinds of checks: gates, programs in the image of a release, and the look at a candidate's stderr. */
export const checkKinds = [...gateKinds, 'program', 'stderr'] as const;
export type CheckKind = (typeof checkKinds)[number];
export type ExpectedValues = z.infer<typeof expectedValues>;

/** Says whether a request changes nothing at the service. */
export function isReading({ method }: Pick<HttpGate, 'method'>): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** Holds what a gate found, in one shape for all kinds. No field ever has a secret in it. */
export interface GateResult extends Finding {
  name: string;
  kind: CheckKind;
  /** Short texts that show it: entries of a log, the end of an output, states of a run. */
  samples: string[];
  /** RFC 3339. */
  startedAt: string;
  endedAt: string;
  /** Values for later gates and steps, by name: the id of the run that it started. */
  outputs?: Record<string, string>;
}
