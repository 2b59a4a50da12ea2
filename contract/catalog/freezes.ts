import { IANAZone } from 'luxon';
import { z } from 'zod';

/**
 * Describes times at which nobody may release: a window that comes back each week (`days`, `from`, `to`, `timeZone`),
 * or one range (`since`, `until`). Workflow code imports types of this file only: it computes no time zones.
 */

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

export const timeOfDay = z
  .string('must be a time of day')
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as 16:00');
export const timeZone = z
  .string('must be a time zone')
  .refine((zone) => IANAZone.isValidZone(zone), 'must be an IANA time zone such as Europe/Berlin');
export const weekday = z.enum(weekdays, `must be one of ${weekdays.join(', ')}`);
const instant = z.iso.datetime({ offset: true, error: 'must be a time such as 2026-12-24T12:00:00+01:00' });
const weekly = ['days', 'from', 'to', 'timeZone'] as const;
const range = ['since', 'until'] as const;

export const freezeWindow = z
  .strictObject({
    name: z.string('must be a name').trim().min(1, 'must not be blank').max(60, 'at most 60 characters'),
    reason: z.string('must say why').trim().min(1, 'must not be blank').max(500, 'at most 500 characters'),
    /** Days on which it begins. */
    days: z.array(weekday).min(1, 'must have a day').optional(),
    from: timeOfDay.optional(),
    /** The end; on the next day if it is not after `from`. */
    to: timeOfDay.optional(),
    timeZone: timeZone.optional(),
    since: instant.optional(),
    until: instant.optional(),
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
  });

export type FreezeWindow = z.infer<typeof freezeWindow>;
