import type { Cloud } from '../../core/cloud.ts';
import { toMillis } from './metadata.ts';
import type { Timestamp } from './resources.ts';

/** What a list shows, oldest first: a thing that was made less than the listing lag ago is not there yet. */
export function visible<T extends { createTime: Timestamp }>(cloud: Cloud, all: T[]): T[] {
  const newest = Date.now() - cloud.tempo.listLagMs;
  const shown = cloud.tempo.listLagMs > 0 ? all.filter((each) => toMillis(each.createTime) <= newest) : all;
  return shown.toSorted((left, right) => toMillis(left.createTime) - toMillis(right.createTime));
}
