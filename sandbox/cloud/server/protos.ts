import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { INamespace } from 'protobufjs';
import protobuf from 'protobufjs';

const require = createRequire(import.meta.url);

/** The descriptors that one of Google's npm packages carries. */
export interface Protos {
  json: INamespace;
  root: protobuf.Root;
}

/** google.protobuf.Any as protobufjs reads it. */
export interface EncodedAny {
  type_url: string;
  value: Buffer;
}

/** The form of messages for handlers: names for enums, text for 64-bit integers, every field present. */
export const plainMessage = { longs: String, enums: String, bytes: Buffer, defaults: true } as const;

const loaded = new Map<string, Protos>();

/**
 * Finds the types of every other package, too. What an Any holds may come from one of them: Cloud Run's list of
 * operations has those of Cloud Build, and every operation that failed has details of google.rpc.
 */
class SharingRoot extends protobuf.Root {
  override lookupType(path: string | string[]): protobuf.Type {
    for (const root of [this, ...[...loaded.values()].map((each) => each.root), statusProtos().root]) {
      const found = root.lookup(path, [protobuf.Type]);
      if (found instanceof protobuf.Type) return found;
    }
    return super.lookupType(path);
  }
}

/** Descriptors of an installed package, by default from its `build/protos/protos.json`. */
export function loadProtos(packageName: string, file = 'build/protos/protos.json'): Protos {
  const key = `${packageName}/${file}`;
  const present = loaded.get(key);
  if (present) return present;
  const json = JSON.parse(readFileSync(join(packageFolder(packageName), file), 'utf8')) as INamespace;
  const root = protobuf.Root.fromJSON(json, new SharingRoot());
  root.resolveAll();
  const protos = { json, root };
  loaded.set(key, protos);
  return protos;
}

/** Loads google.rpc.Status and the details of error_details.proto. */
export function statusProtos(): Protos {
  return loadProtos('google-gax', 'build/protos/status.json');
}

export function encodeAny(protos: Protos, typeName: string, value: object): EncodedAny {
  const type = protos.root.lookupType(typeName);
  const bytes = type.encode(type.fromObject(value)).finish();
  return { type_url: `type.googleapis.com/${typeName}`, value: Buffer.from(bytes) };
}

/** Finds a package's folder by hand, because the packages' `exports` hide their descriptors. */
function packageFolder(packageName: string): string {
  const paths = require.resolve.paths(packageName) ?? [];
  for (const path of paths) {
    const folder = join(path, packageName);
    try {
      readFileSync(join(folder, 'package.json'));
      return folder;
    } catch {
      continue;
    }
  }
  throw new Error(`package ${packageName} is not installed under ${dirname(paths[0] ?? '.')}`);
}
