import { z } from 'zod';
import type { severities, Severity } from '../incident/severity.ts';
import { defaultIncidents } from '../incident/default-incidents.ts';
import { promql } from './promql.ts';
import { count, jsonPointer, name } from './fields.ts';
import { requestHeaders, requestPath } from './request.ts';

/** Describes how incidents of an environment are run (runbook 004, incident response checklist). */

const minutes = z
  .number('must be a number of minutes')
  .min(0.05, 'at least 0.05')
  .max(10_080, 'at most 10080')
  .meta({ title: 'number of minutes, may be a fraction' });
/** One number for each severity; what is not said has the default. */
const clock = (defaults: Record<Severity, number>) =>
  z
    .strictObject({
      'SEV-1': minutes.default(defaults['SEV-1']).describe('For an incident of severity SEV-1.'),
      'SEV-2': minutes.default(defaults['SEV-2']).describe('For one of severity SEV-2.'),
      'SEV-3': minutes.default(defaults['SEV-3']).describe('For one of severity SEV-3.'),
    } satisfies Record<(typeof severities)[number], z.ZodType>)
    .prefault({});

/** Asks the service whether it reaches its database: a worker has no password of it (runbook 004, same checklist). */
const databaseProbe = z.strictObject({
  path: requestPath.describe('A GET of the service whose answer is JSON, whatever its status.'),
  headers: requestHeaders.optional().describe('Headers of the request.'),
  pointer: jsonPointer.describe('Where the answer says it.'),
  is: z
    .union([z.string(), z.number(), z.boolean()], 'must be a text, a number, true or false')
    .describe('What it says there while all is well.'),
  why: jsonPointer.optional().describe('Where the answer says why not.'),
});
export type DatabaseProbe = z.infer<typeof databaseProbe>;

export const incidents = z
  .strictObject({
    responders: z
      .array(name)
      .min(1, 'must name a role')
      .optional()
      .describe('Roles that may acknowledge, classify, mitigate and resolve. Default: `operators`.'),
    escalateTo: z
      .array(name)
      .min(1, 'must name a role')
      .optional()
      .describe('Roles that are called when nobody has acknowledged in time. Default: all roles of `owners`.'),
    acknowledgeWithinMinutes: clock(defaultIncidents.acknowledgeWithinMinutes).describe(
      'The time within which somebody has to acknowledge.',
    ),
    updateEveryMinutes: clock(defaultIncidents.updateEveryMinutes).describe(
      'The longest that people wait for a word about it.',
    ),
    quietMinutes: minutes
      .max(1_440, 'at most 1440')
      .default(defaultIncidents.quietMinutes)
      .describe('The symptom must be gone for so long before it is over. Alerts within that time reopen it.'),
    openAfterFailedGate: z
      .boolean('must be true or false')
      .default(defaultIncidents.openAfterFailedGate)
      .describe('True if a deploy or promotion that is taken back by a gate under traffic opens an incident.'),
    suspectHours: count('a number of hours', 1, 720)
      .default(defaultIncidents.suspectHours)
      .describe('A change that ended at most so long before the onset is a suspect.'),
    errorRate: promql
      .optional()
      .describe(
        'The share of requests that fail, as one series: the report draws it. `{service}`, `{environment}` and ' +
          '`{window}` stand for theirs.',
      ),
    database: databaseProbe
      .optional()
      .describe('How triage asks the service whether it reaches its database. Without it only the log tells of it.'),
  })
  .meta({
    id: 'incidents',
    title: 'Incidents',
    description: 'How incidents are run here: clocks, roles, and when one is over.',
  });

export type IncidentsEntry = z.infer<typeof incidents>;
