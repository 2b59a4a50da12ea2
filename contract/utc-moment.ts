/** Writes a moment in UTC, to the second, for people in several zones: `2026-03-01 18:00:00 UTC`; a day as it is. */
export function utcMoment(at: string): string {
  const time = at.includes('T') ? Date.parse(at) : NaN;
  if (Number.isNaN(time)) return at;
  return new Date(time).toISOString().replace(/^(.{10})T(.{8}).*$/, '$1 $2 UTC');
}
