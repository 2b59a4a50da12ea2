import { z } from 'zod';
import type { severities, Severity } from '../incident/severity.ts';
import { promql } from './promql.ts';
import { count, jsonPointer, name } from './fields.ts';
import { headerName, headerValue, requestPath } from './request.ts';

/** Describes how incidents of an environment are run (runbook 004, incident response checklist). */

const minutes = z.number('must be a number of minutes').min(0.05, 'at least 0.05').max(10_080, 'at most 10080');
/** One number for each severity; what is not said has the default. */
const clock = (defaults: Record<Severity, number>) =>
  z
    .strictObject({
      'SEV-1': minutes.default(defaults['SEV-1']),
      'SEV-2': minutes.default(defaults['SEV-2']),
      'SEV-3': minutes.default(defaults['SEV-3']),
    } satisfies Record<(typeof severities)[number], z.ZodType>)
    .prefault({});

/** Asks the service whether it reaches its database: a worker has no password of it (runbook 004, same checklist). */
const databaseProbe = z.strictObject({
  /** A GET of the service whose answer is JSON, whatever its status. */
  path: requestPath,
  headers: z.record(headerName, headerValue).optional(),
  /** Where the answer says it, and what it says while all is well. */
  pointer: jsonPointer,
  is: z.union([z.string(), z.number(), z.boolean()], 'must be a text, a number, true or false'),
  /** Where the answer says why not. */
  why: jsonPointer.optional(),
});
export type DatabaseProbe = z.infer<typeof databaseProbe>;

export const incidents = z.strictObject({
  /** Roles that may acknowledge, classify, mitigate and resolve. Default: the operators. */
  responders: z.array(name).min(1, 'must name a role').optional(),
  /** Roles that are called when nobody has acknowledged in time. Default: all that the catalog lists. */
  escalateTo: z.array(name).min(1, 'must name a role').optional(),
  /** The time within which somebody has to acknowledge. */
  acknowledgeWithinMinutes: clock({ 'SEV-1': 5, 'SEV-2': 15, 'SEV-3': 120 }),
  /** The longest that people wait for a word about it. */
  updateEveryMinutes: clock({ 'SEV-1': 30, 'SEV-2': 60, 'SEV-3': 480 }),
  /** The symptom has to be gone for so long before an incident is resolved. Alerts within that time reopen it. */
  quietMinutes: minutes.max(1_440, 'at most 1440').default(10),
  /** A deploy or promotion that is taken back since a gate has failed under traffic opens an incident. */
  openAfterFailedGate: z.boolean('must be true or false').default(true),
  /** Changes that ended so long before the onset are suspects. */
  suspectHours: count('a number of hours', 1, 720).default(24),
  /**
   * PromQL of the share of requests that fail, as one series. In it stand `{service}`, `{environment}` and `{window}`.
   * The report draws it.
   */
  errorRate: promql.optional(),
  /** How triage asks for the database; without it only the log tells of it. */
  database: databaseProbe.optional(),
});

export type IncidentsEntry = z.infer<typeof incidents>;

/** The rules of an environment that says nothing of incidents. */
export const defaultIncidents: IncidentsEntry = incidents.parse({});
