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

const unitSeconds: Record<string, number> = { h: 3_600, m: 60, s: 1 };

/** Reads a duration such as `90` (seconds), `90s`, `5m` or `1h30m` as milliseconds. Throws as `parseNumber` does. */
export function parseDuration(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1_000;
  if (!/^(\d+h)?(\d+m)?(\d+s)?$/.test(text) || text === '')
    throw new Error('must be a duration such as 90s, 5m or 1h30m');
  const parts = [...text.matchAll(/(\d+)([hms])/g)];
  return parts.reduce((total, [, number, unit]) => total + Number(number) * (unitSeconds[unit ?? ''] ?? 0), 0) * 1_000;
}
