import { filterBounds } from './bounds.ts';
import type { FilterBounds } from './bounds.ts';
import { dynamicTest, scalarTest } from './compare.ts';
import type { ValueTest } from './compare.ts';
import { FilterError } from './filter-error.ts';
import { functionTest } from './functions.ts';
import type { EntryTest } from './functions.ts';
import { parseFilter } from './parser.ts';
import { readField } from './read.ts';
import { resolveField } from './schema.ts';
import type { ResolvedField, ScalarType } from './schema.ts';
import { containsKeyOrText, containsText } from './search.ts';
import type { Expression, Literal, Operator } from './syntax.ts';
import type { JsonObject } from '../entry.ts';

/** A filter ready to be asked about entries in their JSON form. */
export interface CompiledFilter {
  readonly matches: (entry: JsonObject) => boolean;
  readonly bounds: FilterBounds;
}

/** The value to compare with where an entry does not carry a field of LogEntry. */
const DEFAULTS: Readonly<Record<ScalarType, unknown>> = {
  string: '',
  integer: 0,
  boolean: false,
  timestamp: '1970-01-01T00:00:00Z',
  duration: '0s',
  severity: 'DEFAULT',
};

/** Compiles a filter of the Logging query language; an empty one matches everything. Throws {@link FilterError}. */
export function compileFilter(source: string): CompiledFilter {
  const expression = parseFilter(source);
  return { matches: compile(expression), bounds: filterBounds(expression) };
}

function compile(expression: Expression): EntryTest {
  switch (expression.kind) {
    case 'everything':
      return () => true;
    case 'and': {
      const tests = expression.terms.map(compile);
      return (entry) => tests.every((test) => test(entry));
    }
    case 'or': {
      const tests = expression.terms.map(compile);
      return (entry) => tests.some((test) => test(entry));
    }
    case 'not': {
      const test = compile(expression.term);
      return (entry) => !test(entry);
    }
    case 'everywhere': {
      const text = expression.literal.text.toLowerCase();
      return (entry) => containsText(entry, text);
    }
    case 'presence':
      return presence(resolveField(expression.path));
    case 'comparison':
      return comparison(resolveField(expression.path), expression.path.text, expression.operator, expression.literal);
    case 'call':
      return functionTest(expression.name, expression.callArguments);
  }
}

/** Tests `field:*`, which is true where the field is set; a default value counts as not set. */
function presence(field: ResolvedField): EntryTest {
  const unset =
    typeof field.type === 'string' && Object.hasOwn(DEFAULTS, field.type)
      ? DEFAULTS[field.type as ScalarType]
      : undefined;
  return (entry) => readField(entry, field).some((value) => unset === undefined || !isUnset(value, unset));
}

function isUnset(value: unknown, unset: unknown): boolean {
  return value === unset || String(value) === String(unset);
}

function comparison(field: ResolvedField, name: string, operator: Operator, literal: Literal): EntryTest {
  const { type } = field;
  if (type === 'dynamic') return memberTest(field, dynamicTest(operator, literal), []);
  if (type === 'struct' || type === 'labels' || typeof type === 'object') {
    return messageTest(field, name, operator, literal);
  }
  return memberTest(field, scalarTest(type, operator, literal), [DEFAULTS[type]]);
}

/** Matches a repeated field when a member does. An absent one is compared as `absent`, or fails where that is empty. */
function memberTest(field: ResolvedField, test: ValueTest, absent: readonly unknown[]): EntryTest {
  return (entry) => {
    const values = readField(entry, field);
    return values.length === 0 ? absent.some((value) => test(value)) : values.some((value) => test(value));
  };
}

function messageTest(field: ResolvedField, name: string, operator: Operator, literal: Literal): EntryTest {
  if (operator !== ':') {
    throw FilterError.unsupported(`'${name}' is an object: compare one of its fields, or search it with ':'`);
  }
  const text = literal.text.toLowerCase();
  const contains = field.type === 'labels' ? containsKeyOrText : containsText;
  return memberTest(field, (value) => contains(value, text), []);
}
