/** Reads the value of a flag as a number, 0 or more. Throws an error that says what would be right. */
export function parseNumber(text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number) || number < 0) throw new Error('must be a number, 0 or more');
  return number;
}

/** Reads the number of a port; 0 lets the system choose. Throws as `parseNumber` does. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new Error('must be a number from 0 to 65535');
  return port;
}

const unitSeconds: Record<string, number> = { d: 86_400, h: 3_600, m: 60, s: 1 };
const withUnits = /^(?=.)(\d+d)?(\d+h)?(\d+m)?(\d+s)?$/;

/** Reads a duration such as `90` (seconds), `90s`, `1h30m` or `2d` as milliseconds. Throws as `parseNumber` does. */
export function parseDuration(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1_000;
  if (!withUnits.test(text)) throw new Error('must be a duration such as 90s, 5m or 1h30m');
  const parts = [...text.matchAll(/(\d+)([dhms])/g)];
  return parts.reduce((total, [, number, unit]) => total + Number(number) * (unitSeconds[unit ?? ''] ?? 0), 0) * 1_000;
}

/** Reads when something ends: a duration from now on, such as `4h` or `2d`, as a time in UTC; a time as it is. */
export function parseEnd(text: string): string {
  return withUnits.test(text) ? new Date(Date.now() + parseDuration(text)).toISOString() : text;
}

/** Reads the last day of something: of a duration from now on, such as `14d`, the day in UTC; a day as it is. */
export function parseLastDay(text: string): string {
  return withUnits.test(text) ? parseEnd(text).slice(0, 'YYYY-MM-DD'.length) : text;
}
