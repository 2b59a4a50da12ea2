/**
 * A value as a string literal of the Logging query language (platform: Logging query language, "Values and
 * conversions"). Whatever the value, it stays one literal, so that a filter keeps its fixed conjuncts.
 */
export function quoted(value: string): string {
  return `"${value.replace(/[\\"]/g, '\\$&').replace(/\p{Cc}/gu, ' ')}"`;
}
