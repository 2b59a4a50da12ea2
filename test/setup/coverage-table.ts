/** One row of a runbook's table. */
export interface Row {
  lines: string;
  here: string;
}

export interface Runbook {
  name: string;
  rows: Row[];
}

/** Names that a place may have, by its kind. */
export type Names = Record<string, readonly string[]>;

/** Reads the tables below headings such as `## Runbook 000: ...`. */
export function runbooksIn(text: string): Runbook[] {
  return text
    .split(/^## Runbook (?=\d{3}:)/m)
    .slice(1)
    .map((section) => ({
      name: section.slice(0, 3),
      rows: [...section.matchAll(/^\| (\d\S*) \| [^|]+ \| ([^|]*) \|$/gm)].map(([, lines = '', here = '']) => ({
        lines,
        here,
      })),
    }));
}

/** Finds lines of a runbook that no row has, or two. */
export function problemsOfRunbook({ rows }: Runbook, last: number): string[] {
  const problems: string[] = [];
  let next = 1;
  for (const { lines } of rows) {
    const [, from = '', to = from] = /^(\d+)(?:-(\d+))?$/.exec(lines) ?? [];
    if (from === '') problems.push(`${lines} is no range of lines`);
    if (Number(from) > next) problems.push(`line ${next} is missing`);
    if (Number(from) < next) problems.push(`line ${Number(from)} is there twice`);
    next = Number(to) + 1;
  }
  return next === last + 1 ? problems : [...problems, `ends at line ${next - 1}, not ${last}`];
}

/** Words that may stand for a place: nothing of it is here, and why. */
const withoutPlace = /^not (for Slipway|yet): \S/;
const invariant = /\binvariant I(?:10|[1-9])\b/;
/** Places that another test checks: paths, links, commands of ours. */
const checkedElsewhere = /`[\w.-]+\/[\w./-]+`|\]\([^)]+\)|`\.\/slipway /;

/** Finds places of a row that do not exist. */
export function problemsOfRow({ here }: Row, names: Names, schema: object): string[] {
  const named = [...here.matchAll(/(\w+) `([\w.-]+)`/g)].map(([, kind = '', name = '']) => ({ kind, name }));
  if (withoutPlace.test(here)) return [];
  const isPlaced = named.length > 0 || invariant.test(here) || checkedElsewhere.test(here);
  if (!isPlaced) return ['names no place'];
  return named.flatMap(({ kind, name }) => {
    if (kind === 'catalog') return hasField(schema, name.split('.')) ? [] : [`the catalog has no field ${name}`];
    const known = names[kind];
    if (!known) return [`${name} is of no kind that is known`];
    return known.includes(name) ? [] : [`there is no ${kind} ${name}`];
  });
}

/** Says whether a catalog file, or one of its environments, has a field of this path. */
function hasField(schema: object, path: readonly string[]): boolean {
  const environment = ['environments', '*'];
  return [path, [...environment, ...path]].some((whole) => reaches(schema, whole, schema));
}

/** Follows a path through a JSON Schema: the items of a list and every alternative count. */
function reaches(schema: unknown, path: readonly string[], root: SchemaPart): boolean {
  const [name, ...rest] = path;
  if (name === undefined) return true;
  if (schema === null || typeof schema !== 'object') return false;
  const { $ref, properties = {}, additionalProperties, items, anyOf = [], oneOf = [] } = schema as SchemaPart;
  const definition = root.$defs?.[$ref?.replace('#/$defs/', '') ?? ''];
  const inner = name === '*' ? additionalProperties : properties[name];
  if (inner !== undefined && reaches(inner, rest, root)) return true;
  return [definition, items, ...anyOf, ...oneOf].some((part) => part !== undefined && reaches(part, path, root));
}

interface SchemaPart {
  $ref?: string;
  $defs?: Record<string, unknown>;
  properties?: Record<string, unknown>;
  additionalProperties?: unknown;
  items?: unknown;
  anyOf?: unknown[];
  oneOf?: unknown[];
}
