import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { catalogJsonSchema, definitionOf, type Schema } from '../../catalog/json-schema.ts';
import { catalogReference } from '../../catalog/reference/index.ts';
import { referencePage } from '../../catalog/reference/page.ts';

const project = path.join(import.meta.dirname, '../..');
const read = (file: string) => readFile(path.join(project, file), 'utf8');

describe('the reference of the catalog', () => {
  it('is what the command makes of the schema now', async () => {
    const made = catalogReference(await read('catalog/examples/small.yaml'));
    expect(await read('docs/catalog.md'), 'make it anew: ./slipway catalog reference > docs/catalog.md').toBe(made);
  });

  it('has a description of every field, in the schema that editors read', () => {
    const schema = catalogJsonSchema();
    expect(undescribed(schema, 'file', schema)).toEqual([]);
  });

  it('tells of a field what it takes, whether it is required, its default and an example', () => {
    const schema: Schema = {
      properties: {
        at: { $ref: '#/$defs/place' },
        tries: { type: 'integer', title: 'number of tries', minimum: 1, maximum: 9, default: 3, description: 'Tries.' },
        paths: { type: 'array', items: { type: 'string' }, description: 'Paths.', examples: [['/a', '{b}']] },
        doors: {
          type: 'object',
          propertyNames: { type: 'string', title: 'name' },
          additionalProperties: { properties: { open: { type: 'boolean', description: 'Is open.' } } },
          description: 'Doors.',
        },
      },
      required: ['at'],
      $defs: { place: { title: 'Place: North', description: 'A place.', oneOf: [{ const: 'a' }, { const: 'b' }] } },
    };
    const [, fields] = referencePage(schema, '').split('## File');
    expect(fields?.split('\n').filter((line) => line.trim() !== '')).toEqual([
      '- **`at`** ([place: North](#place-north); **required**): A place.',
      '- **`tries`** (number of tries, 1 to 9; default `3`): Tries.',
      "- **`paths`** (list of texts): Paths. Example: `[/a, '{b}']`.",
      '- **`doors`** (map of names to these): Doors.',
      '  - **`open`** (true or false): Is open.',
      '## Place: North',
      'A place.',
    ]);
  });
});

/** Lists the fields that say nothing of what they mean. The name of a kind says it by itself. */
function undescribed(schema: Schema, where: string, root: Schema): string[] {
  const missing = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const { description } = { ...root.$defs?.[definitionOf(field) ?? ''], ...field };
    return description === undefined && field.const === undefined ? [`${where}.${name}`] : [];
  });
  const inner = Object.entries(schema).flatMap(([key, value]: [string, unknown]) => {
    if (value === null || typeof value !== 'object' || ['default', 'examples', 'enum'].includes(key)) return [];
    const nested = key === 'properties' || key === '$defs' || Array.isArray(value);
    const schemas = nested ? Object.entries(value) : [[key, value] as const];
    return schemas.flatMap(([name, one]: readonly [string, unknown]) =>
      one !== null && typeof one === 'object' ? undescribed(one, `${where}.${name}`, root) : [],
    );
  });
  return [...missing, ...inner];
}
