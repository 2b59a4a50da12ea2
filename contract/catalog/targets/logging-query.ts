/**
 * Quotes a value for a filter (platform: Logging query language, "Values and conversions"). Any value stays one
 * literal, so a filter keeps its fixed conjuncts.
 */
export function quoted(value: string): string {
  return `"${value.replace(/[\\"]/g, '\\$&').replace(/\p{Cc}/gu, ' ')}"`;
}
