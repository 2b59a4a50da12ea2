import { alternativesOf, definitionOf, mapValueOf, type Schema } from '../json-schema.ts';
import { code, wordsOf, type LinkOf } from './words.ts';
import { wrapped } from './wrapped.ts';

/** One part of a catalog file: a heading of the page. */
interface Section {
  title: string;
  schema: Schema;
}

/**
 * Writes the reference of catalog files as Markdown, one section for each part, in the order in which a reader of a
 * file meets them. `introduction` comes before the table of contents.
 */
export function referencePage(schema: Schema, introduction: string): string {
  const sections = sectionsOf(schema);
  const linkOf: LinkOf = (definition) => linkTo(schema.$defs?.[definition]?.title ?? definition);
  const contents = sections.map(({ title }) => `- [${title}](#${slugOf(title)})`);
  return `${[
    introduction.trim(),
    ['## Parts', '', ...contents].join('\n'),
    ...sections.map((section) => sectionText(section, schema, linkOf)),
  ].join('\n\n')}\n`;
}

function linkTo(title: string): string {
  return `[${title.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase())}](#${slugOf(title)})`;
}

/** Lists the parts in the order in which they are met; two shapes of one part have one section. */
function sectionsOf(root: Schema): Section[] {
  const sections = new Map<string, Section>([['File', { title: 'File', schema: root }]]);
  const visit = (schema: Schema): void => {
    const definition = definitionOf(schema);
    const found = definition === null ? undefined : root.$defs?.[definition];
    if (found) {
      const title = found.title ?? definition ?? '';
      if (sections.has(title)) return;
      sections.set(title, { title, schema: found });
    }
    for (const inner of innerSchemas(found ?? schema)) visit(inner);
  };
  for (const inner of innerSchemas(root)) visit(inner);
  return [...sections.values()];
}

function innerSchemas(schema: Schema): Schema[] {
  const value = mapValueOf(schema);
  return [
    ...Object.values(schema.properties ?? {}),
    ...alternativesOf(schema),
    ...(schema.items ? [schema.items] : []),
    ...(value ? [value] : []),
  ];
}

function sectionText({ title, schema }: Section, root: Schema, linkOf: LinkOf): string {
  const fields = fieldLines(schema, root, linkOf, '');
  return [`## ${title}`, '', ...wrapped(schema.description ?? ''), '', ...fields].join('\n').trim();
}

/** Writes a line for each field; what an inline object has stands below it, indented. */
function fieldLines(schema: Schema, root: Schema, linkOf: LinkOf, indent: string): string[] {
  const required = new Set(schema.required);
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => [
    ...wrapped(`- ${fieldText(name, described(field, root), required.has(name), linkOf)}`, indent),
    ...fieldLines(inlineObject(field), root, linkOf, `${indent}  `),
  ]);
  const shapes = alternativesOf(schema).filter((shape) => definitionOf(shape) === null);
  if (!shapes.some(({ properties }) => properties)) return own;
  return [
    ...own,
    ...shapes.flatMap((shape) => [
      `${indent}- ${shape.properties ? 'either' : wordsOf(shape, linkOf)}`,
      ...fieldLines(shape, root, linkOf, `${indent}  `),
    ]),
  ];
}

/** A field that says nothing of itself is described as what it refers to. */
function described(field: Schema, { $defs = {} }: Schema): Schema {
  const { description } = $defs[definitionOf(field) ?? ''] ?? {};
  return description === undefined ? field : { description, ...field };
}

/** Finds the fields that a value has without a section of its own, be it an object, a list or a map of such. */
function inlineObject(schema: Schema): Schema {
  return definitionOf(schema) === null ? (schema.items ?? mapValueOf(schema) ?? schema) : {};
}

function fieldText(name: string, schema: Schema, isRequired: boolean, linkOf: LinkOf): string {
  const { description, default: fallback, examples = [] } = schema;
  const facts = [
    wordsOf(schema, linkOf),
    ...(isRequired ? ['**required**'] : []),
    ...(isWorthSaying(fallback) ? [`default ${code(fallback)}`] : []),
  ];
  const example = examples.length === 0 ? '' : ` Example: ${examples.map(code).join(', ')}.`;
  return `**\`${name}\`** (${facts.join('; ')})${description === undefined ? '' : `: ${description}`}${example}`;
}

/** An empty default says no more than that the field may be left out. */
function isWorthSaying(value: unknown): boolean {
  if (value === undefined) return false;
  return typeof value !== 'object' || value === null || Object.keys(value).length > 0;
}

/** Makes the anchor of a heading (platform: GitHub's Markdown). */
function slugOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\w -]/g, '')
    .replaceAll(' ', '-');
}
