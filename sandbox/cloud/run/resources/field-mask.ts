import type protobuf from 'protobufjs';
import { RpcError } from '../../server/errors.ts';

type Message = Record<string, unknown>;

/**
 * Copies the fields of a google.protobuf.FieldMask into a resource. Paths are snake_case or camelCase and may go into
 * nested messages; one that the message does not have is INVALID_ARGUMENT.
 */
export function applyMask<T extends object>(type: protobuf.Type, present: T, wanted: T, paths: string[]): T {
  const result = structuredClone(present);
  for (const path of paths) {
    if (path === '*') return structuredClone(wanted);
    const names = path.split('.').map(camelCase);
    checkPath(type, names, path);
    copyField(result as Message, wanted as Message, names);
  }
  return result;
}

function checkPath(type: protobuf.Type, names: string[], path: string): void {
  let message: protobuf.Type | null = type;
  names.forEach((name, index) => {
    const field: protobuf.Field | undefined = message?.fields[name];
    if (!field) throw unknownPath(path);
    const last = index === names.length - 1;
    if (!last && (field.repeated || field.map)) throw unknownPath(path);
    const resolved = field.resolve().resolvedType;
    message = resolved && 'fields' in resolved ? resolved : null;
  });
}

function unknownPath(path: string): RpcError {
  return RpcError.invalid([{ field: 'update_mask', description: `the field path '${path}' is not known` }]);
}

function copyField(target: Message, source: Message, names: string[]): void {
  const [name, ...rest] = names;
  if (name === undefined) return;
  if (rest.length === 0) {
    target[name] = structuredClone(source[name]);
    return;
  }
  const from = (source[name] ?? {}) as Message;
  const into = (target[name] ?? {}) as Message;
  target[name] = into;
  copyField(into, from, rest);
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
