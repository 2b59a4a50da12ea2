import { z } from 'zod';
import { timeOfDay, timeZone, weekday } from './freezes.ts';

/** Workflow types that a schedule may start: their input is service and environment, and they change nothing. */
export const scheduledTypes = ['dailyChecks', 'checkDrift'] as const;
export type ScheduledType = (typeof scheduledTypes)[number];

const schedule = z.strictObject({
  /** Times of the day. */
  at: z.array(timeOfDay).min(1, 'must have a time').max(24, 'at most 24 times'),
  /** Days of the week; default: every day. */
  days: z.array(weekday).min(1, 'must have a day').optional(),
  timeZone,
});
export type Schedule = z.infer<typeof schedule>;

/** Says when Temporal starts the checks of an environment by itself. */
export const schedules = z
  .strictObject({ dailyChecks: schedule.optional(), checkDrift: schedule.optional() } satisfies Record<
    ScheduledType,
    z.ZodType
  >)
  .refine((all) => scheduledTypes.some((type) => all[type] !== undefined), {
    message: `must have one of ${scheduledTypes.join(', ')}`,
  });
