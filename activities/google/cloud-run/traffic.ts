import type { ServingRevision, TrafficShare } from '../../../contract/live.ts';
import { shortName, type Service, type TrafficTarget } from './resources.ts';

const toLatest = 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST';
const toRevision = 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION';

/**
 * Reads the configured traffic. Platform: Cloud Run Admin v2, Service.traffic: no target means all to the latest ready
 * revision.
 */
export function configuredTraffic(service: Service): TrafficShare[] {
  const targets = service.traffic ?? [];
  if (targets.length === 0) return [{ revision: null, percent: 100, tag: null }];
  return targets.map((target) => ({
    revision: targetRevision(target),
    percent: target.percent ?? 0,
    tag: target.tag || null,
  }));
}

function targetRevision({ type, revision }: Pick<TrafficTarget, 'type' | 'revision'>): string | null {
  return type === toLatest || !revision ? null : shortName(revision);
}

/** Sums up the shares that serve, by revision, largest first. */
export function servedShares(service: Service): { revision: string; percent: number }[] {
  const shares = new Map<string, number>();
  for (const { revision, percent } of service.trafficStatuses ?? []) {
    const name = shortName(revision) || shortName(service.latestReadyRevision);
    if (percent && name !== '') shares.set(name, (shares.get(name) ?? 0) + percent);
  }
  return [...shares]
    .map(([revision, percent]) => ({ revision, percent }))
    .sort((a, b) => b.percent - a.percent || (a.revision < b.revision ? -1 : 1));
}

/** Writes traffic in the API's form. */
export function trafficTargets(shares: TrafficShare[]): TrafficTarget[] {
  return shares.map(({ revision, percent, tag }) => ({
    type: revision === null ? toLatest : toRevision,
    ...(revision !== null && { revision }),
    percent,
    ...(tag !== null && { tag }),
  }));
}

/**
 * Lists the tags of others that are served, without traffic. One on the latest revision stays so: the status of such a
 * target may name no revision (platform: Cloud Run Admin v2, Service.traffic_statuses).
 */
export function foreignTags(service: Service, ownTag: string | null): TrafficShare[] {
  return (service.trafficStatuses ?? [])
    .filter(({ tag }) => tag && tag !== ownTag)
    .map((status) => ({ revision: targetRevision(status), percent: 0, tag: status.tag ?? null }));
}

/** Pins the serving revisions by name, so that a new revision gets nothing. */
export function pinned(serving: Pick<ServingRevision, 'revision' | 'percent'>[]): TrafficShare[] {
  return serving.map(({ revision, percent }) => ({ revision, percent, tag: null }));
}

/** Scales shares down to a sum, in whole percents, the largest remainders rounded up. */
export function scaled(
  shares: { revision: string; percent: number }[],
  sum: number,
): { revision: string; percent: number }[] {
  const total = shares.reduce((all, { percent }) => all + percent, 0) || 1;
  const exact = shares.map(({ revision, percent }) => ({ revision, share: (percent * sum) / total }));
  let missing = sum - exact.reduce((all, { share }) => all + Math.floor(share), 0);
  const byRemainder = exact.toSorted((a, b) => (b.share % 1) - (a.share % 1)).map(({ revision }) => revision);
  const roundedUp = new Set(byRemainder.filter(() => missing-- > 0));
  return exact
    .map(({ revision, share }) => ({ revision, percent: Math.floor(share) + (roundedUp.has(revision) ? 1 : 0) }))
    .filter(({ percent }) => percent > 0);
}

/**
 * Describes traffic for a person, as `latest 100 %, a 0 % (tag b)`; also to compare two configurations in any order.
 */
export function describeTraffic(shares: TrafficShare[]): string {
  const lines = shares.map(
    ({ revision, percent, tag }) => `${revision ?? 'latest'} ${percent} %${tag ? ` (tag ${tag})` : ''}`,
  );
  return lines.sort().join(', ');
}

export function sameTraffic(a: TrafficShare[], b: TrafficShare[]): boolean {
  return describeTraffic(a) === describeTraffic(b);
}

/** Says whether the platform serves what is configured: shares and tags, `latest` taken as what it means now. */
export function isTrafficServed(service: Service): boolean {
  const latest = shortName(service.latestReadyRevision);
  const wanted = configuredTraffic(service).map((share) => ({ ...share, revision: share.revision ?? latest }));
  const served = (service.trafficStatuses ?? []).map(({ revision, percent, tag }) => ({
    revision: shortName(revision) || latest,
    percent: percent ?? 0,
    tag: tag || null,
  }));
  return sameTraffic(wanted, served);
}

/** Finds the URL of a tag; empty if the service has no such tag or its default URL is off. */
export function tagUrl(service: Service, tag: string | null): string {
  return service.trafficStatuses?.find((status) => status.tag === tag)?.uri ?? '';
}
