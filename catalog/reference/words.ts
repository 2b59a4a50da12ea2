import { alternativesOf, definitionOf, mapValueOf, type Schema } from '../json-schema.ts';

/** Links a definition by its name, in the singular or in the plural. */
export type LinkOf = (definition: string) => string;

const wordsOfTypes: Record<string, string> = {
  string: 'text',
  number: 'number',
  integer: 'whole number',
  boolean: 'true or false',
  null: 'null',
};

/** Says what a value is: `number of seconds, 1 to 600`, `list of texts`, `one of …`. */
export function wordsOf(schema: Schema, linkOf: LinkOf): string {
  const definition = definitionOf(schema);
  if (definition !== null) return linkOf(definition);
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum) return listed(schema.enum.map(code), 'or');
  const alternatives = alternativesOf(schema);
  if (alternatives.length > 0) return alternativeWords(alternatives, linkOf);
  if (schema.items) return isInline(schema.items) ? 'list of these' : `list of ${pluralOf(schema.items, linkOf)}`;
  const value = mapValueOf(schema);
  if (value) {
    const keys = plural(wordsOf(schema.propertyNames ?? {}, linkOf));
    return `map of ${keys} to ${isInline(value) ? 'these' : pluralOf(value, linkOf)}`;
  }
  if (isInline(schema)) return 'these';
  return `${schema.title ?? typeWords(schema)}${rangeOf(schema)}`;
}

/** Joins words: `a, b or c`. */
function listed(words: readonly string[], last: 'and' | 'or'): string {
  const [only, ...others] = [...words].reverse();
  return others.length === 0 ? (only ?? '') : `${others.reverse().join(', ')} ${last} ${only ?? ''}`;
}

/** Writes a value as a catalog file has it, in one line. */
export function code(value: unknown): string {
  return `\`${flow(value)}\``;
}

/** Writes a value as YAML's flow style has it. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (value !== null && typeof value === 'object')
    return `{ ${Object.entries(value)
      .map(([key, inner]) => `${key}: ${flow(inner)}`)
      .join(', ')} }`;
  if (typeof value !== 'string') return String(value);
  return /^[\w./@$<-][\w./@$<> -]*$/.test(value) ? value : `'${value.replaceAll("'", "''")}'`;
}

function typeWords({ type = [] }: Schema): string {
  const types = [type].flat();
  if (types.length === 0) return 'any value';
  return listed(
    types.map((one) => wordsOfTypes[one] ?? one),
    'or',
  );
}

/** Says whether a value's fields are listed where it is, and not in a section of their own. */
function isInline(schema: Schema): boolean {
  return schema.properties !== undefined;
}

/** Values that are told apart by their `kind` are linked; the others are named. */
function alternativeWords(alternatives: Schema[], linkOf: LinkOf): string {
  return listed([...new Set(alternatives.map((one) => wordsOf(one, linkOf)))], 'or');
}

function pluralOf(schema: Schema, linkOf: LinkOf): string {
  const words = wordsOf(schema, linkOf);
  const isPlain =
    definitionOf(schema) === null && !schema.enum && alternativesOf(schema).length === 0 && !Array.isArray(schema.type);
  return isPlain ? plural(words) : words;
}

/** Makes the plural of a word, or of the first of several: `time of day` gives `times of day`. */
function plural(words: string): string {
  const [, first = '', rest = ''] = /^(.*?)((?: of |, ).*)?$/s.exec(words) ?? [];
  return `${first}${first.endsWith('s') ? 'es' : 's'}${rest}`;
}

function rangeOf({ minimum, maximum }: Schema): string {
  const isSaid = (limit: number | undefined): limit is number => limit !== undefined && Number.isFinite(limit);
  if (isSaid(minimum) && isSaid(maximum)) return `, ${minimum} to ${maximum}`;
  return '';
}
