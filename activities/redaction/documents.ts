import { parseEnv } from 'node:util';
import { parse } from 'yaml';

/** A field of a document, however deep: its name and its text. */
type Field = readonly [name: string, text: string];

const secretName = /key$|secret|token|passw(or)?d|passphrase|(^|[_-])pass$|pwd$|credential/i;
/** Says where a secret is got, or which one it is; Google's address in each of its keys is none. */
const publicName = /(ur[il]|id|type)$/i;
/** A pair of a connection string, of libpq or with semicolons. A name begins where none goes on. */
const pair = /(?<![\w.-])([\w.-]+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|"([^"]*)"|([^\s;]*))/g;

/** Says whether a document keeps a secret in a field of this name. */
export function isSecretField(name: string): boolean {
  return secretName.test(name) && !publicName.test(name);
}

/** Lists the fields of a document: of JSON or YAML, of a file of variables, and of a connection string. */
export function fieldsOf(value: string): Field[] {
  return [...fieldsOfYaml(value), ...pairsOf(value)];
}

/** JSON is YAML. All scalars are taken as they are written, and a warning would quote what is secret. */
function fieldsOfYaml(value: string): Field[] {
  if (!/^[[{]|^\s*[\w."'-]+:(\s|$)/m.test(value)) return [];
  try {
    return textsIn(parse(value, { schema: 'failsafe', logLevel: 'error' }), '');
  } catch {
    return [];
  }
}

function textsIn(value: unknown, field: string): Field[] {
  if (typeof value === 'string') return [[field, value]];
  if (value === null || typeof value !== 'object') return [];
  // What stands in a list belongs to the name of the list.
  if (Array.isArray(value)) return value.flatMap((inner) => textsIn(inner, field));
  return Object.entries(value).flatMap(([name, inner]) => textsIn(inner, name));
}

function pairsOf(value: string): Field[] {
  if (!value.includes('=') || /^[[{]/.test(value)) return [];
  const variables = Object.entries(parseEnv(value)).map(([name, text]) => [name, text ?? ''] as const);
  const pairs = [...value.matchAll(pair)].map(([, name = '', single, double, plain]) => {
    const text = single?.replace(/\\(.)/g, '$1') ?? double ?? plain ?? '';
    return [name, text] as const;
  });
  return [...variables, ...pairs];
}
