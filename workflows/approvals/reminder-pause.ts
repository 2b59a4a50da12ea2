/** Reminders that come as often as the policy says; later ones come at growing pauses. */
const remindersAsOften = 48;
const longestPauseMs = 12 * 3_600_000;

/**
 * Answers how long to wait before the next reminder of a run. Each looks at the world anew and is an entry of a history
 * that the server ends at 51 200 events: so they become fewer, and thirty days of them fit in.
 */
export function reminderPauseMs(everyMinutes: number, remindersSoFar: number): number {
  const everyMs = everyMinutes * 60_000;
  const doublings = Math.max(0, remindersSoFar - remindersAsOften);
  return Math.max(everyMs, Math.min(everyMs * 2 ** doublings, longestPauseMs));
}
