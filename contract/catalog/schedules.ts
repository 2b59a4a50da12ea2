import { z } from 'zod';
import { timeOfDay, timeZone, weekday } from './freezes.ts';

/** Workflow types that a schedule may start: their input is service and environment, and they change nothing. */
export const scheduledTypes = ['dailyChecks', 'checkDrift'] as const;
export type ScheduledType = (typeof scheduledTypes)[number];

const schedule = z.strictObject({
  at: z
    .array(timeOfDay)
    .min(1, 'must have a time')
    .max(24, 'at most 24 times')
    .describe('Times of the day.')
    .meta({ examples: [['07:00']] }),
  days: z.array(weekday).min(1, 'must have a day').optional().describe('Days of the week. Default: every day.'),
  timeZone: timeZone.describe('The time zone of these times.'),
});
export type Schedule = z.infer<typeof schedule>;

/** Says when Temporal starts the checks of an environment by itself. */
export const schedules = z
  .strictObject({
    dailyChecks: schedule.optional().describe('When the daily checks run.'),
    checkDrift: schedule.optional().describe('When it is checked for drift.'),
  } satisfies Record<ScheduledType, z.ZodType>)
  .refine((all) => scheduledTypes.some((type) => all[type] !== undefined), {
    message: `must have one of ${scheduledTypes.join(', ')}`,
  })
  .meta({
    id: 'schedules',
    title: 'Schedules',
    description: 'When Temporal starts checks by itself, once `./slipway schedules apply` has told it.',
  });
