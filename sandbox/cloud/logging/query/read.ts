import type { ResolvedField } from './schema.ts';
import type { JsonObject } from '../entry.ts';

/** Reads all values at a field, through each member of a list on the way. An absent field has none. */
export function readField(entry: JsonObject, field: ResolvedField): unknown[] {
  let values: unknown[] = [entry];
  for (const key of field.keys) {
    values = values.flatMap((value) => members(value)).flatMap((value) => child(value, key));
  }
  return values.flatMap((value) => members(value));
}

function members(value: unknown): unknown[] {
  return Array.isArray(value) ? value.flatMap((member) => members(member)) : [value];
}

function child(value: unknown, key: string): unknown[] {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return [];
  const found = (value as Record<string, unknown>)[key];
  return found === undefined ? [] : [found];
}
