import type { Cloud } from '../core/cloud.ts';
import { RpcError } from '../server/errors.ts';
import type { ObjectStore } from './object-store.ts';
import { presentObject } from './present.ts';

const MAX_PAGE_SIZE = 1_000;

/**
 * Lists objects by prefix, and folders by delimiter. Platform: `objects.list`, whose page token is the last name given
 * out, and whose `startOffset` is the first name that counts.
 */
export function listObjects(cloud: Cloud, objects: ObjectStore, bucket: string, query: URLSearchParams): object {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const size = pageSize(query.get('maxResults'));
  const after = readToken(query.get('pageToken'));
  const first = query.get('startOffset') ?? '';
  const items: object[] = [];
  const prefixes = new Set<string>();
  let last = '';
  for (const object of objects.list(bucket, prefix)) {
    const folder = folderOf(object.name, prefix, delimiter);
    const key = folder ?? object.name;
    if (object.name < first || key <= after || (folder !== undefined && prefixes.has(folder))) continue;
    if (items.length + prefixes.size >= size) return present(items, prefixes, writeToken(last));
    if (folder === undefined) items.push(presentObject(cloud, object));
    else prefixes.add(folder);
    last = key;
  }
  return present(items, prefixes, undefined);
}

function folderOf(name: string, prefix: string, delimiter: string): string | undefined {
  const at = delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length);
  return at === -1 ? undefined : name.slice(0, at + delimiter.length);
}

function present(items: object[], prefixes: Set<string>, nextPageToken: string | undefined): object {
  return {
    kind: 'storage#objects',
    ...(nextPageToken !== undefined && { nextPageToken }),
    ...(prefixes.size > 0 && { prefixes: [...prefixes] }),
    ...(items.length > 0 && { items }),
  };
}

function pageSize(asked: string | null): number {
  if (asked === null) return MAX_PAGE_SIZE;
  const size = Number(asked);
  if (!Number.isInteger(size) || size < 1)
    throw new RpcError('INVALID_ARGUMENT', `Invalid value for maxResults: '${asked}'.`);
  return Math.min(size, MAX_PAGE_SIZE);
}

function writeToken(name: string): string {
  return Buffer.from(name).toString('base64url');
}

function readToken(token: string | null): string {
  return token === null ? '' : Buffer.from(token, 'base64url').toString();
}
