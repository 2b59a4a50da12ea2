import { digestOrEmpty } from '../../../contract/artifact.ts';
import { Status } from 'google-gax';
import { canonicalJson, sha256 } from '../../../catalog/canonical-json.ts';
import type { CloudRunEntry } from '../../../contract/catalog/targets/cloud-run.ts';
import { finalFailure } from '../../failure.ts';
import { isEarlierAttempt, markerAnnotations, checkFence } from '../../fence.ts';
import { call } from '../call.ts';
import { isCode, isOutcomeUnknown } from '../failure.ts';
import { follow, pause } from '../polling.ts';
import { imageOf } from './container.ts';
import { withoutPlatformKeys } from './platform-keys.ts';
import { describeCondition, hasFailed, isSettled, shortName, timeOf, waitForEnd, type Service } from './resources.ts';
import { findService, type WriteContext } from './session.ts';
import { configuredTraffic, describeTraffic, isTrafficServed } from './traffic.ts';

/** Times that a write starts again at the fence check before Temporal repeats the activity. */
export const maxRounds = 6;

/** Makes a key of template and traffic. Our markers, counts and times do not change it. */
export function stateKey(service: Service): string {
  return sha256(canonicalJson({ template: service.template, traffic: configuredTraffic(service) })).slice(0, 16);
}

export interface ServiceWrite {
  /** The state that the write is conditional on; null if the fence alone decides. */
  expected: string | null;
  /** Fields besides the annotations. */
  paths: string[];
  change(service: Service): Service;
  /** Describes what a settled service has that this write did not leave; undefined if it is as written. */
  deviation(settled: Service): string | undefined;
  /**
   * `ready`: every condition holds; `served`: the traffic is where it should be; `settled`: whatever state it is in.
   */
  until: 'ready' | 'served' | 'settled';
}

/**
 * Makes one conditional write to the service (invariants I1 and I3). It reads first, and again after a conflict or a
 * call of unknown outcome: a recorded write is adopted, one that is behind is refused, and one etag never applies
 * twice. Platform: Cloud Run Admin v2 UpdateService (etag, update_mask).
 */
export async function fencedUpdate(write: WriteContext, what: ServiceWrite): Promise<Service> {
  for (let round = 1; ; round += 1) {
    const service = await findService(write);
    if (!service)
      throw finalFailure('Drifted', `service ${write.target.service} does not exist any more: somebody deleted it`);
    if (checkFence(`service ${write.target.service}`, service.annotations, write.marker) === 'ours')
      return settledService(write, what);
    if (
      what.expected !== null &&
      stateKey(service) !== what.expected &&
      !isEarlierAttempt(service.annotations, write.marker)
    )
      throw driftFailure(service, write.target);
    try {
      await update(write, service, what);
    } catch (error) {
      if (isCode(error, Status.ALREADY_EXISTS) && !what.paths.includes('template')) throw keptTemplateRefused(service);
      if (!mustReRead(error) || round >= maxRounds) throw error;
      await pause(write.signal);
    }
  }
}

/**
 * Makes the failure that the platform refuses a write beside a template with a name. Platform: users report so of some
 * services; the API's description says nothing of it.
 */
function keptTemplateRefused({ name, template }: Service): Error {
  return finalFailure(
    'BadRequest',
    `the platform takes no change of service ${shortName(name)} that keeps its template, as if it made revision ` +
      `${template?.revision ?? ''} once more: give the template another revision name by hand, then start again`,
  );
}

/** Says whether the resource must be read again: after a conflict, or if nobody knows what became of a call. */
export function mustReRead(error: unknown): boolean {
  return isOutcomeUnknown(error) || isCode(error, Status.ABORTED, Status.FAILED_PRECONDITION);
}

async function update(
  { clients, target, caller, marker }: WriteContext,
  service: Service,
  what: ServiceWrite,
): Promise<void> {
  const annotations = { ...withoutPlatformKeys(service.annotations), ...markerAnnotations(marker) };
  const changed = { ...what.change(service), name: service.name, etag: service.etag, annotations };
  const updateMask = { paths: ['annotations', ...what.paths] };
  await call(caller, `update service ${target.service}`, (options) =>
    clients.services.updateService({ service: changed, updateMask }, options),
  );
}

/** Waits for the platform's end, and checks that it is the end of this very write. */
export async function settledService(
  write: WriteContext,
  what: Pick<ServiceWrite, 'deviation' | 'until'>,
): Promise<Service> {
  const { target, marker, progress, signal } = write;
  const service = await follow({
    read: async () => (await findService(write)) ?? throwDeleted(target.service),
    ended: (seen) =>
      isSettled(seen) && (what.until === 'settled' || isTrafficServed(seen) || hasFailed(seen.terminalCondition)),
    tell: ({ terminalCondition }) => waitForEnd(`service ${target.service}`, terminalCondition),
    progress,
    signal,
  });
  const foreign = checkFence(`service ${target.service}`, service.annotations, marker) === 'writable';
  const deviation = foreign ? 'its annotations are not those of this step' : what.deviation(service);
  if (deviation) throw driftFailure(service, write.target, deviation);
  if (what.until === 'ready' && hasFailed(service.terminalCondition)) throw notReady(service);
  if (what.until !== 'settled' && !isTrafficServed(service)) throw notReady(service);
  return service;
}

function throwDeleted(service: string): never {
  throw finalFailure('Drifted', `service ${service} was deleted while it was being changed`);
}

function notReady(service: Service): Error {
  return finalFailure(
    'GateFailed',
    `service ${shortName(service.name)} did not become ready: ${describeCondition(service.terminalCondition)}`,
  );
}

/** Makes the failure that somebody else wrote, and says what is there now and who was last. */
export function driftFailure(service: Service, target: CloudRunEntry, deviation?: string): Error {
  const image = imageOf(service.template, target);
  const revision = service.template?.revision || shortName(service.latestCreatedRevision);
  const digest = digestOrEmpty(image) || image;
  const traffic = describeTraffic(configuredTraffic(service));
  const now = `its template is ${revision} with image ${digest}, its traffic ${traffic}`;
  const who = `last changed by ${service.lastModifier || 'unknown'} at ${timeOf(service.updateTime)}`;
  const what = `service ${shortName(service.name)} was changed by somebody else since the previous step`;
  return finalFailure('Drifted', `${what}${deviation ? ` (${deviation})` : ''}: ${now}; ${who}`);
}
