import { describe, expect, it } from 'vitest';
import { reminderPauseMs } from '../../workflows/approvals/reminder-pause.ts';

const monthMs = 43_200 * 60_000;
/** Events of a reminder with its look at the world, and half of what a server allows a run. */
const eventsOfReminder = 12;
const halfOfHistory = 25_600;

/** Counts the reminders of a question that stays open as long as the catalog allows it. */
function remindersInAMonth(everyMinutes: number): number {
  let count = 0;
  for (let passed = 0; passed < monthMs; count += 1) passed += reminderPauseMs(everyMinutes, count);
  return count;
}

describe('reminders of a question', () => {
  it.each([0.05, 1, 5, 60, 10_080])(
    'never end its run, also after thirty days: one each %s minutes',
    (everyMinutes) => {
      expect(remindersInAMonth(everyMinutes) * eventsOfReminder).toBeLessThan(halfOfHistory);
    },
  );

  it('come as often as the policy says at first, and never more often', () => {
    expect(reminderPauseMs(5, 0)).toBe(300_000);
    expect(reminderPauseMs(5, 48)).toBe(300_000);
    expect(reminderPauseMs(5, 49)).toBe(600_000);
    expect(reminderPauseMs(10_080, 500)).toBe(10_080 * 60_000);
  });
});
