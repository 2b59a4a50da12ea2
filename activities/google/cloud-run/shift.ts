import { candidateTag } from './names.ts';
import type { TrafficShare } from '../../../contract/live.ts';
import type { ShiftRequest, StampRequest } from '../../ports/target.ts';
import { fencedUpdate, stateKey } from './service.ts';
import { findService, type WriteContext } from './session.ts';
import type { Service } from './resources.ts';
import { templateRevision } from './state.ts';
import {
  configuredTraffic,
  describeTraffic,
  foreignTags,
  pinned,
  sameTraffic,
  scaled,
  trafficTargets,
} from './traffic.ts';

/** What a shift is made of; nothing of others is overwritten by it. */
type Shift = Pick<ShiftRequest, 'candidate' | 'expected' | 'percent' | 'snapshot'>;

/**
 * Gives the candidate its share and waits until the platform serves so. At 100 % the traffic has its original shape:
 * following the latest, or pinned.
 */
export async function shiftTraffic(write: WriteContext, request: Shift): Promise<{ key: string; url: string }> {
  const { candidate } = request;
  const service = await fencedUpdate(write, {
    expected: request.expected,
    paths: ['traffic'],
    change: (present) => ({ traffic: trafficTargets(sharesAfter(present, request, write)) }),
    deviation: (settled) => {
      if (templateRevision(settled) !== candidate.revision) return `its template is not ${candidate.revision}`;
      const wanted = sharesAfter(settled, request, write);
      return sameTraffic(configuredTraffic(settled), wanted)
        ? undefined
        : `its traffic is not ${describeTraffic(wanted)}`;
    },
    until: 'ready',
  });
  return { key: stateKey(service), url: service.uri ?? '' };
}

function sharesAfter(
  service: Service,
  { candidate, percent, snapshot }: Shift,
  { target, marker }: WriteContext,
): TrafficShare[] {
  const tag = candidateTag(target.service, marker.change);
  const { live } = snapshot;
  const followedLatest = !live.exists || live.traffic.some((share) => share.revision === null && share.percent > 0);
  const tags = foreignTags(service, tag);
  if (percent >= 100 || live.serving.length === 0)
    return [{ revision: followedLatest ? null : candidate.revision, percent: 100, tag: null }, ...tags];
  return [...pinned(scaled(live.serving, 100 - percent)), ...tags, { revision: candidate.revision, percent, tag }];
}

/**
 * Stamps the fence into the service's annotations and changes nothing else. A service that does not exist yet is fenced
 * by its creation.
 */
export async function stampService(write: WriteContext, { expected }: StampRequest): Promise<{ key: string }> {
  if (expected === '' && !(await findService(write))) return { key: '' };
  const service = await fencedUpdate(write, {
    expected,
    paths: [],
    change: () => ({}),
    deviation: () => undefined,
    until: 'settled',
  });
  return { key: stateKey(service) };
}
