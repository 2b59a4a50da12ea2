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

const gateName = name.describe('What people call it.');

/** HTTP (runbook 004, deployment procedure, step 4; runbook 003, endpoints). */
export const httpGate = z
  .strictObject({
    kind: z.literal('http').optional(),
    name: gateName,
    ...requestFields,
    status: z.array(status).min(1, 'must have a status').default([200]).describe('Statuses that are accepted.'),
    json: expectedValues
      .optional()
      .describe('JSON pointers into the answer, and the value that must be there or a list of such values.')
      .meta({ examples: [{ '/status': 'ok', '/commit': '{commit}' }] }),
    present: z.array(jsonPointer).optional().describe('JSON pointers at which the answer must have something.'),
    output: z
      .strictObject({
        as: name.describe('Its name: later gates write `{<name>}`.'),
        pointer: jsonPointer.describe('Where the answer has it.'),
      })
      .optional()
      .describe('A value of the answer for later gates.'),
    lookup: lookup.optional(),
    repeatable: z
      .boolean('must be true or false')
      .optional()
      .describe('True if a POST or PATCH does the same when it is sent twice.'),
  })
  .check(hostIsDeclared, markerIsCarried)
  .meta({
    id: 'gate.http',
    title: 'Gate: HTTP',
    description:
      'One request, and what its answer must be. In path, headers, body and expected values stand `{commit}`, ' +
      '`{marker}`, `{service}`, `{environment}` and outputs of earlier gates.',
  });

/**
 * A control of access: without the header the request must be refused (runbook 004, post-deploy verification, step
 * 2).
 */
export const authGate = z
  .strictObject({
    kind: z.literal('auth'),
    name: gateName,
    ...requestFields,
    without: headerName.describe('The header that is left out.'),
    status: z
      .union([z.literal(401), z.literal(403)], 'must be 401 or 403')
      .describe('The status with which it must be refused.'),
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
  })
  .meta({
    id: 'gate.auth',
    title: 'Gate: access',
    description: 'A control of access: without its header the request must be refused.',
  });

/** A check of a candidate before users get it. */
export const smokeGate = z.discriminatedUnion('kind', [httpGate, authGate], 'must be of kind http or auth');

const stateName = z.string('must be a state').min(1, 'must not be blank').max(100, 'at most 100 characters');
/** The fields of a poll of a run that an earlier gate started, usually with `{run}` in the path. */
const pollFields = {
  name: gateName,
  path: requestFields.path,
  at: requestFields.at,
  hosts: requestFields.hosts,
  headers: requestFields.headers,
  timeoutSeconds: requestFields.timeoutSeconds,
  withinSeconds: seconds(1, 3600).default(60).describe('The longest that it is waited for.'),
  everySeconds: seconds(1, 60).default(1).describe('Time between two looks.'),
};

/** Checks that a queue moves, by following a real run (runbook 004, post-deploy verification, step 1). */
const queueGate = z
  .strictObject({
    kind: z.literal('queue'),
    ...pollFields,
    state: jsonPointer.default('/status').describe("Where the answer has the run's state."),
    transitions: jsonPointer
      .optional()
      .describe(
        'Where the answer has all states so far, in order: a list of states, or of objects that have one at `state`. ' +
          'Without it only states that are seen count.',
      ),
    through: z
      .array(stateName)
      .min(1, 'must have a state')
      .default(['queued', 'running'])
      .describe('States that a run passes through, in order.'),
    ends: z
      .array(stateName)
      .min(1, 'must have a state')
      .default(['completed', 'failed'])
      .describe('States that it may end in.'),
  })
  .check(hostIsDeclared)
  .meta({
    id: 'gate.queue',
    title: 'Gate: queue',
    description: 'Follows a run that an earlier gate has started from state to state.',
  });

/** Checks that a run's summary has its output (runbook 004, post-deploy verification, step 3). */
const runOutputGate = z
  .strictObject({
    kind: z.literal('runOutput'),
    ...pollFields,
    pointer: jsonPointer.default('/runOutput').describe('Where the answer has the output.'),
  })
  .check(hostIsDeclared)
  .meta({
    id: 'gate.runOutput',
    title: 'Gate: output of a run',
    description: "Waits until a run's summary has its output.",
  });

/** Compares log entries since the shift with those before it (runbook 000, deploy sequence, step 4). */
const logFields = z.strictObject({
  kind: z.literal('log').optional(),
  name: gateName,
  filter: z
    .string('must be a filter')
    .min(1, 'must not be blank')
    .max(10_000, 'at most 10000 characters')
    .describe(
      'Which entries count: on Cloud Run a filter of Cloud Logging, in a cluster a regular expression on the lines ' +
        'of the pods.',
    ),
  freshnessMinutes: count('a number of minutes', 1, 1440)
    .default(10)
    .describe('How far back the entries of before the shift are looked at.'),
  limit: count('a number of entries', 1, 1000).default(20).describe('The most entries that are read.'),
});
const logText = {
  title: 'Gate: log',
  description:
    'Compares log entries since the shift with those of the same time before it. In `logs` the `kind` may be left out.',
};
export const logGate = logFields.meta({ id: 'gate.log', ...logText });

const metricText = {
  title: 'Gate: metric',
  description:
    'Checks one number of Prometheus. It has a limit: `below`, `above` or `baseline`. In `bake.metrics` the `kind` ' +
    'may be left out.',
};
const figure = z.number('must be a number').meta({ title: 'number' });

/**
 * Checks one number of Prometheus (runbook 004, post-deploy verification, step 1; runbook 000, deploy sequence, step
 * 4). In the query stand `{service}` and `{revision}`, as the platform calls them, and `{window}`.
 */
export const metricGate = z
  .strictObject({
    kind: z.literal('metric').optional(),
    name: gateName,
    query: promql.describe(
      'A query that answers one number. `{service}` and `{revision}` are the names of the platform, `{window}` is ' +
        'the window.',
    ),
    windowSeconds: seconds(5, 86_400)
      .default(300)
      .describe('The longest window. Shortly after the shift it is the time since.'),
    below: figure.optional().describe('The number must be below this.'),
    above: figure.optional().describe('The number must be above this.'),
    baseline: z
      .strictObject({
        factor: figure.positive('must be above 0').describe('It may be at most so many times the number of before.'),
        floor: figure.describe('A number up to this is never a no.'),
      })
      .optional()
      .describe('Compares with the number before the shift.'),
    enough: z
      .strictObject({
        query: promql.describe('A query that says how much there is to look at.'),
        min: figure.describe('With less the gate is inconclusive.'),
      })
      .optional()
      .describe('How much there must be to look at.'),
    onlyWhereMonitored: z
      .boolean('must be true or false')
      .optional()
      .describe('True if the gate is left out, visibly, where neither the catalog nor the worker names a Prometheus.'),
  })
  .check(({ value: { below, above, baseline }, issues, value }) => {
    if (below === undefined && above === undefined && baseline === undefined)
      issues.push({
        code: 'custom',
        input: value.name,
        path: ['below'],
        message: 'must have a limit: below, above or baseline',
      });
  })
  .meta({ id: 'gate.metric', ...metricText });

/** Runs a program of the commit in a clean checkout (runbook 004, pre-deploy checklist, step 1). */
const commandFields = z.strictObject({
  kind: z.literal('command'),
  name: gateName,
  command: z.array(argument).min(1, 'must name a program').describe('The program and its arguments.'),
  directory: relativePath.optional().describe('The folder that it runs in. Default: the root of the repository.'),
  install: z
    .boolean('must be true or false')
    .optional()
    .describe('True if `npm ci` runs first, once for a checkout and folder.'),
  offline: z
    .boolean('must be true or false')
    .optional()
    .describe('True if it needs no network. On a machine with a metadata server only such programs run.'),
  variables: z
    .record(environmentVariable, argument)
    .optional()
    .describe(
      "Variables besides PATH, HOME and CI. Nothing else of the worker's environment is passed on. Never secrets.",
    ),
  timeoutSeconds: seconds(1, 3600).default(600).describe('The longest that it may run.'),
});

export const commandGate = commandFields.meta({
  id: 'gate.command',
  title: 'Gate: command',
  description: 'Runs a program of the commit in a clean checkout.',
});

export const gate = z.discriminatedUnion(
  'kind',
  [
    httpGate,
    authGate,
    queueGate,
    runOutputGate,
    logFields.extend({ kind: z.literal('log') }).meta({ id: 'verification.log', ...logText }),
    metricGate.safeExtend({ kind: z.literal('metric') }).meta({ id: 'verification.metric', ...metricText }),
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
