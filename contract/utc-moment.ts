/** Writes a moment in UTC, to the second, for people in several zones: `2026-03-01 18:00:00 UTC`. */
export function utcMoment(at: string): string {
  const moment = new Date(at);
  return Number.isNaN(moment.getTime()) ? at : moment.toISOString().replace(/^(.{10})T(.{8}).*$/, '$1 $2 UTC');
}
