/** Conversions of literals and stored values to the types of LogEntry's fields. Undefined means "does not convert". */

/** Platform: LogSeverity. */
const SEVERITY_RANK: Readonly<Record<string, number>> = {
  DEFAULT: 0,
  DEBUG: 100,
  INFO: 200,
  NOTICE: 300,
  WARNING: 400,
  ERROR: 500,
  CRITICAL: 600,
  ALERT: 700,
  EMERGENCY: 800,
};

const NANOSECONDS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

export function toNumber(text: string): number | undefined {
  const plain = text.trim();
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(plain) || /^0[xX][0-9a-fA-F]+$/.test(plain)) {
    return Number(plain);
  }
  const special = /^([+-]?)(nan|infinity|inf)$/i.exec(plain);
  if (special === null) return undefined;
  if (special[2]?.toLowerCase() === 'nan') return Number.NaN;
  return special[1] === '-' ? -Infinity : Infinity;
}

export function toInteger(text: string): bigint | undefined {
  const plain = text.trim();
  if (/^[+-]?\d+$/.test(plain)) return BigInt(plain.replace(/^\+/, ''));
  return /^0[xX][0-9a-fA-F]+$/.test(plain) ? BigInt(plain) : undefined;
}

export function toBoolean(text: string): boolean | undefined {
  const lower = text.trim().toLowerCase();
  return lower === 'true' ? true : lower === 'false' ? false : undefined;
}

/** Reads a severity by its name in any case, or by its number. */
export function toSeverityRank(text: string): number | undefined {
  const plain = text.trim();
  return SEVERITY_RANK[plain.toUpperCase()] ?? (/^\d+$/.test(plain) ? Number(plain) : undefined);
}

/** Reads a duration in nanoseconds: "1.5s", "500ms", "-2h". */
export function toDuration(text: string): bigint | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(ns|us|ms|s|m|h)$/.exec(text.trim());
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', unit = 's'] = match;
  if (whole === '' && fraction === '') return undefined;
  const scale = NANOSECONDS[unit] ?? 1n;
  const nanoseconds = BigInt(whole || '0') * scale + (BigInt(fraction || '0') * scale) / 10n ** BigInt(fraction.length);
  return sign === '-' ? -nanoseconds : nanoseconds;
}

const TIMESTAMP = /^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?([Zz]|[+-]\d{2}:?\d{2})?$/;

/** Reads a time of RFC 3339, or its date alone, in nanoseconds since 1970; without a zone it is UTC. */
export function toTimestamp(text: string): bigint | undefined {
  const match = TIMESTAMP.exec(text.trim());
  if (match === null) return undefined;
  const [, date, time = '00:00', seconds = '00', fraction = '', zone = 'Z'] = match;
  const offset = zone.toUpperCase() === 'Z' ? 'Z' : zone.replace(/^([+-]\d{2}):?(\d{2})$/, '$1:$2');
  const milliseconds = Date.parse(`${date}T${time}:${seconds}${offset}`);
  if (Number.isNaN(milliseconds)) return undefined;
  return BigInt(milliseconds) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}
