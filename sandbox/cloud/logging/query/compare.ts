import { RE2JS } from 're2js';
import { FilterError } from './filter-error.ts';
import type { ScalarType } from './schema.ts';
import { containsText } from './search.ts';
import type { Literal, Operator } from './syntax.ts';
import { toBoolean, toDuration, toInteger, toNumber, toSeverityRank, toTimestamp } from './values.ts';

/** Says whether one stored value satisfies the comparison. */
export type ValueTest = (value: unknown) => boolean;

const CONVERSIONS: Readonly<
  Record<Exclude<ScalarType, 'string'>, (text: string) => bigint | number | boolean | undefined>
> = {
  integer: toInteger,
  boolean: toBoolean,
  timestamp: toTimestamp,
  duration: toDuration,
  severity: toSeverityRank,
};

/** Compares a typed field. Platform: a literal that does not convert to the type makes it false, `!=` too. */
export function scalarTest(type: ScalarType, operator: Operator, literal: Literal): ValueTest {
  if (operator === '=~' || operator === '!~') return patternTest(operator, literal);
  if (type === 'string') return stringTest(operator, literal);
  const convert = CONVERSIONS[type];
  const expected = convert(literal.text);
  if (expected === undefined) return () => false;
  return (value) => {
    const actual = convert(textOf(value));
    return actual !== undefined && ordered(operator, actual, expected);
  };
}

/** Compares a payload's value or a label: the literal is converted to the type of what is stored. */
export function dynamicTest(operator: Operator, literal: Literal): ValueTest {
  if (operator === '=~' || operator === '!~') return patternTest(operator, literal);
  const asString = stringTest(operator, literal);
  const asNumber = toNumber(literal.text);
  const asBoolean = toBoolean(literal.text);
  const isNull = literal.text.toUpperCase() === 'NULL_VALUE' || (!literal.quoted && literal.text === 'null');
  return (value) => {
    if (value === null) return isNull && (operator === '=' || operator === ':');
    if (isNull) return operator === '!=' || (typeof value === 'string' && asString(value));
    if (typeof value === 'string') return asString(value);
    if (typeof value === 'number') return asNumber !== undefined && ordered(operator, value, asNumber);
    if (typeof value === 'boolean') return asBoolean !== undefined && ordered(operator, value, asBoolean);
    return operator === ':' && containsText(value, literal.text.toLowerCase());
  };
}

/** Compares strings. Platform: case is ignored, and `:` is "contains". */
function stringTest(operator: Operator, literal: Literal): ValueTest {
  const expected = literal.text.toLowerCase();
  if (operator === ':') return (value) => textOf(value).toLowerCase().includes(expected);
  return (value) => ordered(operator, textOf(value).toLowerCase(), expected);
}

/** Matches a pattern. Platform: RE2 syntax, case-sensitive, not anchored. */
function patternTest(operator: '=~' | '!~', literal: Literal): ValueTest {
  const pattern = compilePattern(literal);
  const wanted = operator === '=~';
  return (value) => {
    if (value === null || typeof value === 'object') return false;
    return pattern.matcher(textOf(value)).find() === wanted;
  };
}

function compilePattern(literal: Literal): RE2JS {
  // Only the quote and the doubled backslash are the filter's own escapes; the rest belongs to the expression.
  const source = literal.quoted ? literal.raw.replace(/\\(["'\\])/g, '$1') : literal.text;
  try {
    return RE2JS.compile(source);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw FilterError.unsupported(`invalid regular expression '${source}': ${reason}`);
  }
}

function ordered<T extends string | number | bigint | boolean>(operator: Operator, actual: T, expected: T): boolean {
  switch (operator) {
    case '=':
    case ':':
      return actual === expected;
    case '!=':
      return actual !== expected;
    case '<':
      return actual < expected;
    case '<=':
      return actual <= expected;
    case '>':
      return actual > expected;
    case '>=':
      return actual >= expected;
    default:
      return false;
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint' ? String(value) : '';
}
