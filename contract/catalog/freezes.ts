import { IANAZone } from 'luxon';
import { z } from 'zod';

/**
 * Describes times at which nobody may release: a window that comes back each week (`days`, `from`, `to`, `timeZone`),
 * or one range (`since`, `until`). Workflow code imports types of this file only: it computes no time zones.
 */

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

export const timeOfDay = z
  .string('must be a time of day')
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as 16:00')
  .meta({ title: 'time of day' });
export const timeZone = z
  .string('must be a time zone')
  .refine((zone) => IANAZone.isValidZone(zone), 'must be an IANA time zone such as Europe/Berlin')
  .meta({ title: 'time zone', examples: ['Europe/Berlin'] });
export const weekday = z.enum(weekdays, `must be one of ${weekdays.join(', ')}`);
const instant = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2026-12-24T12:00:00+01:00' })
  .meta({ title: 'time', examples: ['2026-12-24T12:00:00+01:00'] });
const weekly = ['days', 'from', 'to', 'timeZone'] as const;
const range = ['since', 'until'] as const;

export const freezeWindow = z
  .strictObject({
    name: z
      .string('must be a name')
      .trim()
      .min(1, 'must not be blank')
      .max(60, 'at most 60 characters')
      .describe('What people call it.'),
    reason: z
      .string('must say why')
      .trim()
      .min(1, 'must not be blank')
      .max(500, 'at most 500 characters')
      .describe('Why nobody may release then.'),
    days: z.array(weekday).min(1, 'must have a day').optional().describe('Days on which a weekly window begins.'),
    from: timeOfDay.optional().describe('When a weekly window begins.'),
    to: timeOfDay.optional().describe('When it ends; on the next day if this is not after `from`.'),
    timeZone: timeZone.optional().describe('The time zone of a weekly window.'),
    since: instant.optional().describe('When a single range begins.'),
    until: instant.optional().describe('When it ends.'),
  })
  .check(({ value, issues }) => {
    const isRange = range.some((field) => value[field] !== undefined);
    const [needed, others] = isRange ? [range, weekly] : [weekly, range];
    const wrong = [
      ...needed
        .filter((field) => value[field] === undefined)
        .map((field) => ({
          field,
          message: isRange
            ? 'must be given: a range has since and until'
            : 'must be given: a window has days, from, to and timeZone; a range has since and until',
        })),
      ...others
        .filter((field) => value[field] !== undefined)
        .map((field) => ({ field, message: 'does not go with since and until' })),
      ...(value.since && value.until && Date.parse(value.until) <= Date.parse(value.since)
        ? [{ field: 'until', message: 'must be after since' }]
        : []),
    ];
    for (const { field, message } of wrong) issues.push({ code: 'custom', input: value, path: [field], message });
  })
  .meta({
    id: 'freezeWindow',
    title: 'Freeze',
    description:
      'A window that comes back each week (`days`, `from`, `to`, `timeZone`), or a single range (`since`, `until`). ' +
      'A rollback passes it.',
  });

export type FreezeWindow = z.infer<typeof freezeWindow>;
