import type { Cloud } from '../../core/cloud.ts';
import { paginate } from '../../server/pages.ts';
import type { Collection } from '../../store/store.ts';
import type { Kind } from './names.ts';
import { checkParent, notFound } from './names.ts';
import { toMillis } from './metadata.ts';
import type { Timestamp } from './resources.ts';
import type { ListRequest } from './messages.ts';

/** Finds a resource by its full name; throws the platform's NOT_FOUND where there is none. */
export function findResource<T>(cloud: Cloud, collection: Collection<T>, kind: Kind, name: string): T {
  const resource = collection.get(name);
  if (resource === undefined) throw notFound(cloud, kind, name);
  return resource;
}

/** Names the prefix of a request's children. `-` as the last part of a parent stands for all. */
export function childPrefix(cloud: Cloud, request: ListRequest, children: string): string {
  const parent = checkParent(cloud, request.parent);
  return parent.endsWith('/-') ? parent.slice(0, -1) : `${parent}/${children}/`;
}

/** Answers one page of a list, under the field that the platform's response has for it. */
export function listPage<Field extends string, T>(
  field: Field,
  all: T[],
  request: ListRequest,
): Record<Field, T[]> & { nextPageToken: string } {
  const { items, nextPageToken } = paginate(all, request);
  return { ...({ [field]: items } as Record<Field, T[]>), nextPageToken };
}

/** Sorts a list by age, oldest first, without what was made less than the listing lag ago. */
export function visible<T extends { createTime: Timestamp }>(cloud: Cloud, all: T[]): T[] {
  const newest = Date.now() - cloud.tempo.listLagMs;
  const shown = cloud.tempo.listLagMs > 0 ? all.filter((each) => toMillis(each.createTime) <= newest) : all;
  return shown.toSorted((left, right) => toMillis(left.createTime) - toMillis(right.createTime));
}
