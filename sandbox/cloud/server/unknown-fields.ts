import type protobuf from 'protobufjs';
import type { FieldViolation } from './errors.ts';

/** Lists the names in a request's JSON that its type does not have, in the platform's words. */
export function unknownFields(type: protobuf.Type, json: object, path = ''): FieldViolation[] {
  // Well-known types have a JSON form of their own.
  if (type.fullName.startsWith('.google.protobuf.')) return [];
  return Object.entries(json).flatMap(([key, value]) => {
    const field = type.fields[camelCase(key)] ?? type.fields[key];
    if (!field) {
      const at = path === '' ? '' : ` at '${path}'`;
      return [
        { field: path, description: `Invalid JSON payload received. Unknown name "${key}"${at}: Cannot find field.` },
      ];
    }
    const inner = field.resolve().resolvedType;
    if (!inner || !('fields' in inner)) return [];
    const at = path === '' ? key : `${path}.${key}`;
    const values = field.map ? Object.values((value ?? {}) as object) : field.repeated ? [value].flat() : [value];
    return values.flatMap((each: unknown, index) =>
      isObject(each) ? unknownFields(inner, each, field.repeated ? `${at}[${index}]` : at) : [],
    );
  });
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
