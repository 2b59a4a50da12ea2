import { z } from 'zod';
import { catalogFile } from '../contract/catalog/catalog.ts';

/** Describes the part of JSON Schema that a catalog file's schema uses. */
export interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  title?: string;
  description?: string;
  examples?: unknown[];
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  type?: string | string[];
  minimum?: number;
  maximum?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  propertyNames?: Schema;
  /** Of a map: what its values are. False: the object has no further fields. */
  additionalProperties?: Schema | false;
  anyOf?: Schema[];
  oneOf?: Schema[];
}

/** Lists the shapes of which a value may have one; none where it has one shape only. */
export function alternativesOf({ anyOf, oneOf }: Schema): Schema[] {
  return anyOf ?? oneOf ?? [];
}

/** Answers what a map's values are; null for what is no map. */
export function mapValueOf({ additionalProperties }: Schema): Schema | null {
  return typeof additionalProperties === 'object' ? additionalProperties : null;
}

/** Names the definition that a schema refers to; null if it says all by itself. */
export function definitionOf({ $ref }: Schema): string | null {
  return $ref?.replace('#/$defs/', '') ?? null;
}

let made: Schema | undefined;

/** Makes the JSON Schema of a catalog file, for editors; once, since each unknown field asks for it. */
export function catalogJsonSchema(): Schema {
  made ??= z.toJSONSchema(catalogFile, { io: 'input', unrepresentable: 'any' }) as Schema;
  return made;
}

/** Lists the fields that a catalog file may have at a path; of shapes told apart by `kind`, those of the one it has. */
export function fieldsAt(file: unknown, path: readonly string[]): string[] {
  const root = catalogJsonSchema();
  const resolved = (schema: Schema): Schema => root.$defs?.[definitionOf(schema) ?? ''] ?? schema;
  let shapes = shapesFor(file, [root], resolved);
  let value = file;
  for (const step of path) {
    value = value !== null && typeof value === 'object' ? (value as Record<string, unknown>)[step] : undefined;
    const next = shapes.flatMap((shape) => shape.properties?.[step] ?? shape.items ?? mapValueOf(shape) ?? []);
    shapes = shapesFor(value, next, resolved);
  }
  return [...new Set(shapes.flatMap(({ properties = {} }) => Object.keys(properties)))];
}

/** Finds the shapes that a value may have. */
function shapesFor(value: unknown, schemas: Schema[], resolved: (schema: Schema) => Schema): Schema[] {
  const shapes = schemas.map(resolved).flatMap((schema) => {
    const alternatives = alternativesOf(schema);
    return alternatives.length === 0 ? [schema] : shapesFor(value, alternatives, resolved);
  });
  const kind = (value as { kind?: unknown } | null | undefined)?.kind;
  const ofKind = shapes.filter(({ properties }) => properties?.['kind']?.const === kind);
  return kind === undefined || ofKind.length === 0 ? shapes : ofKind;
}
