import { digestOrEmpty } from '../../../contract/artifact.ts';
import { Status } from 'google-gax';
import { accessPath, hasAccess, wantedAccess } from './access.ts';
import { candidateRevision, candidateTag } from './names.ts';
import type { Candidate, Snapshot, TrafficShare } from '../../../contract/live.ts';
import { finalFailure } from '../../failure.ts';
import { createdByAnnotation, isAuthor, markerAnnotations, checkFence } from '../../fence.ts';
import type { StageRequest } from '../../ports/target.ts';
import { call } from '../call.ts';
import { isCode } from '../failure.ts';
import { pause } from '../polling.ts';
import { conditionOf, describeCondition, hasFailed, parentOf, type Revision, type Service } from './resources.ts';
import {
  mustReRead,
  driftFailure,
  fencedUpdate,
  maxRounds,
  settledService,
  stateKey,
  type ServiceWrite,
} from './service.ts';
import { imageOf } from './container.ts';
import { pinSecrets } from './secrets.ts';
import { findRevision, findService, type WriteContext } from './session.ts';
import { templateRevision } from './state.ts';
import { candidateTemplate } from './template.ts';
import {
  configuredTraffic,
  describeTraffic,
  foreignTags,
  pinned,
  sameTraffic,
  tagUrl,
  trafficTargets,
} from './traffic.ts';

/** Stages a new revision at 0 % under a tag; in a first release ever, the service itself. */
export async function stageCandidate(write: WriteContext, asked: StageRequest): Promise<Candidate> {
  const revision = candidateRevision(write.target.service, write.marker.change, write.marker.attempt);
  const tag = candidateTag(write.target.service, write.marker.change);
  const present = (await findService(write))?.template;
  const request = { ...asked, secrets: await pinSecrets(write, present, asked.secrets) };
  const service = request.snapshot.live.exists
    ? await stageBeside(write, request, revision, tag)
    : await createService(write, request, revision);
  await checkCandidate(write, request.artifact.digest, revision);
  return { revision, url: candidateUrl(service, tag, request.snapshot), key: stateKey(service) };
}

/**
 * Finds the address of a candidate: that of its tag, or the service's own in a first release. One without a tag beside
 * what serves has none: the service's own would answer for another revision.
 */
export function candidateUrl(service: Service, tag: string | null, { live }: Snapshot): string {
  return tag === null && live.exists ? '' : tagUrl(service, tag) || (service.uri ?? '');
}

function stageBeside(
  write: WriteContext,
  request: StageRequest,
  revision: string,
  tag: string | null,
): Promise<Service> {
  const shares = (service: Service) => sharesBeside(service, request.snapshot, revision, tag);
  const access = wantedAccess(write.target);
  return fencedUpdate(write, {
    expected: request.expected,
    paths: ['template', 'traffic', ...(access.invokerIamDisabled === undefined ? [] : [accessPath])],
    change: (service) => ({
      ...access,
      template: candidateTemplate(service.template, { revision, ...request }, write.target, write.marker),
      traffic: trafficTargets(shares(service)),
    }),
    deviation: (service) =>
      deviationOf(service, write, request, revision, (configured) => !isBeside(configured, revision, tag)),
    until: 'ready',
  });
}

/** Answers the traffic that leaves users where they are, with a new revision at 0 % under a tag, if it has one. */
export function sharesBeside(
  service: Service,
  { live }: Snapshot,
  revision: string,
  tag: string | null,
): TrafficShare[] {
  const beside = tag === null ? [] : [{ revision, percent: 0, tag }];
  return [...pinned(live.serving), ...foreignTags(service, tag), ...beside];
}

function isBeside(configured: TrafficShare[], revision: string, tag: string | null): boolean {
  const own = configured.filter((share) => share.revision === revision);
  return own.every(({ percent }) => percent === 0) && (tag === null || own.some((share) => share.tag === tag));
}

function deviationOf(
  service: Service,
  { target }: WriteContext,
  { artifact }: StageRequest,
  revision: string,
  isOther: (configured: TrafficShare[]) => boolean,
): string | undefined {
  if (templateRevision(service) !== revision) return `its template is not ${revision}`;
  if (digestOrEmpty(imageOf(service.template, target)) !== artifact.digest)
    return `its template does not have image ${artifact.digest}`;
  if (!hasAccess(service, wantedAccess(target))) return 'who may call it was changed';
  return isOther(configuredTraffic(service)) ? 'its traffic was changed' : undefined;
}

/**
 * Creates the service as the candidate of a first release. If somebody else took the name meanwhile, that is drift.
 * Platform: Cloud Run Admin v2 CreateService.
 */
async function createService(write: WriteContext, request: StageRequest, revision: string): Promise<Service> {
  const whole: TrafficShare[] = [{ revision: null, percent: 100, tag: null }];
  const settle: Pick<ServiceWrite, 'deviation' | 'until'> = {
    deviation: (service) =>
      deviationOf(service, write, request, revision, (configured) => !sameTraffic(configured, whole)),
    until: 'ready',
  };
  for (let round = 1; ; round += 1) {
    const present = await findService(write);
    if (present) {
      if (checkFence(`service ${write.target.service}`, present.annotations, write.marker) === 'ours')
        return settledService(write, settle);
      throw driftFailure(present, write.target, 'it did not exist when the change was planned');
    }
    try {
      await create(write, request, revision, whole);
    } catch (error) {
      if (!(mustReRead(error) || isCode(error, Status.ALREADY_EXISTS)) || round >= maxRounds) throw error;
      await pause(write.signal);
    }
  }
}

async function create(
  { clients, target, caller, marker }: WriteContext,
  request: StageRequest,
  revision: string,
  traffic: TrafficShare[],
): Promise<void> {
  const service: Service = {
    annotations: { ...markerAnnotations(marker), [createdByAnnotation]: marker.change },
    ...wantedAccess(target),
    template: candidateTemplate(undefined, { revision, ...request }, target, marker),
    traffic: trafficTargets(traffic),
  };
  await call(caller, `create service ${target.service} with traffic ${describeTraffic(traffic)}`, (options) =>
    clients.services.createService({ parent: parentOf(target), serviceId: target.service, service }, options),
  );
}

/** Checks the candidate's own condition: the service may be ready for another reason. */
export async function checkCandidate(write: WriteContext, digest: string, name: string): Promise<void> {
  const revision = await findRevision(write, name);
  if (!revision) throw finalFailure('Drifted', `revision ${name} was deleted while it was being staged`);
  checkAuthor(revision, write, digest, name);
  const ready = conditionOf(revision, 'Ready');
  if (hasFailed(ready))
    throw finalFailure('GateFailed', `revision ${name} did not become ready: ${describeCondition(ready)}`);
}

function checkAuthor(revision: Revision, { marker, target }: WriteContext, digest: string, name: string): void {
  const image = imageOf(revision, target);
  if (digestOrEmpty(image) === digest && isAuthor(revision.annotations, marker)) return;
  throw finalFailure(
    'BadRequest',
    `revision ${name} exists already with another configuration (image ${image}); it is not adopted`,
  );
}
