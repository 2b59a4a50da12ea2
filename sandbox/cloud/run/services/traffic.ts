import type { Cloud } from '../../core/cloud.ts';
import { rememberedPort } from '../../store/ports.ts';
import type { RunParts } from '../resources/collections.ts';
import { findCondition } from '../resources/metadata.ts';
import { shortName } from '../resources/names.ts';
import type { Revision, Service, TrafficTarget, TrafficTargetStatus } from '../resources/resources.ts';

export const latestTarget: TrafficTarget = {
  type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST',
  revision: '',
  percent: 100,
  tag: '',
};

export type Routes = { statuses: TrafficTargetStatus[]; revisions: Revision[] } | { failure: string };

/**
 * Finds the address of a service or of one of its tags. It stays the same for as long as the sandbox's folder lives.
 */
export async function addressOf(cloud: Cloud, service: string, tag = ''): Promise<{ port: number; uri: string }> {
  const port = await rememberedPort(cloud.store, tag === '' ? service : `${service}/tags/${tag}`);
  return { port, uri: `http://127.0.0.1:${port}` };
}

export function isReady(revision: Revision): boolean {
  return findCondition(revision.conditions, 'Ready')?.state === 'CONDITION_SUCCEEDED';
}

/**
 * Resolves a service's traffic to revisions. One named for traffic must exist and be ready; the latest means the latest
 * ready one, so that a failed revision never takes traffic.
 */
export async function resolveRoutes({ cloud, state }: RunParts, service: Service): Promise<Routes> {
  const statuses: TrafficTargetStatus[] = [];
  const revisions = new Map<string, Revision>();
  for (const target of service.traffic) {
    const name =
      target.type === 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST'
        ? service.latestReadyRevision
        : `${service.name}/revisions/${target.revision}`;
    if (name === '') return { failure: latestMissing(service) };
    const revision = state.revisions.get(name);
    if (!revision)
      return {
        failure:
          `Revision '${target.revision}' does not exist or is deleted. ` +
          'Update all traffic to route to currently available revisions.',
      };
    if (!isReady(revision)) return { failure: notReadyText(revision) };
    revisions.set(name, revision);
    const uri =
      target.tag === '' || service.defaultUriDisabled ? '' : (await addressOf(cloud, service.name, target.tag)).uri;
    statuses.push({ ...target, revision: shortName(name), uri });
  }
  return { statuses, revisions: [...revisions.values()] };
}

export function notReadyText(revision: Revision): string {
  const why = findCondition(revision.conditions, 'Ready')?.message ?? '';
  return `Revision '${shortName(revision.name)}' is not ready and cannot serve traffic. ${why}`.trim();
}

function latestMissing(service: Service): string {
  return `Configuration '${shortName(service.name)}' does not have any ready Revision.`;
}
