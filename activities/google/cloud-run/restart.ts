import { digestOrEmpty } from '../../../contract/artifact.ts';
import { finalFailure } from '../../failure.ts';
import { authorAnnotations, recordedStep } from '../../fence.ts';
import type { Candidate } from '../../../contract/live.ts';
import type { RestartRequest, Shifted, StageSecretsRequest } from '../../ports/target.ts';
import { candidateRevision, candidateTag } from './names.ts';
import { imageOf } from './container.ts';
import type { Revision, Service } from './resources.ts';
import { fencedUpdate, stateKey } from './service.ts';
import { pinNewest, withVersions } from './secrets.ts';
import { findRevision, findService, subStep, type WriteContext } from './session.ts';
import { shiftTraffic } from './shift.ts';
import { candidateUrl, checkCandidate, sharesBeside } from './stage.ts';
import { templateRevision } from './state.ts';
import { templateOf } from './template.ts';
import { configuredTraffic, sameTraffic, trafficTargets } from './traffic.ts';

/**
 * Restarts a service. Cloud Run restarts no instances: what makes them anew is a new revision with the same image and
 * template. It is brought up beside the old one at 0 %, and gets the traffic once it is ready. Each part is one fenced
 * write, and a repeat goes on after the part that the service records.
 */
export async function restartRevision(write: WriteContext, request: RestartRequest): Promise<Shifted> {
  const { target, marker } = write;
  const revision = candidateRevision(target.service, marker.change, marker.attempt);
  const traffic = subStep(write, 'traffic');
  const isShifted = (await recordedPart(write)) === traffic.marker.step;
  const pinned = (source: Revision) => pinNewest(write, source);
  const key = isShifted ? '' : stateKey(await bringUp(subStep(write, 'revision'), request, revision, pinned));
  const { snapshot } = request;
  const candidate = { revision, url: '', key };
  const shifted = await shiftTraffic(traffic, { candidate, expected: key, percent: 100, snapshot });
  return { ...shifted, revision };
}

/** Stages what serves once more at 0 %, with other versions of its secrets, and nothing else that is new. */
export async function stageSecrets(write: WriteContext, request: StageSecretsRequest): Promise<Candidate> {
  const { target, marker } = write;
  const revision = candidateRevision(target.service, marker.change, marker.attempt);
  const rotated = async (source: Revision) => withVersions(write, source, request.secrets);
  const service = await bringUp(write, request, revision, rotated);
  const tag = candidateTag(target.service, marker.change);
  return { revision, url: candidateUrl(service, tag, request.snapshot), key: stateKey(service) };
}

async function recordedPart(write: WriteContext): Promise<string> {
  return recordedStep((await findService(write))?.annotations, write.marker);
}

/** Brings the template that serves up under a new name, where no live traffic reaches it. */
async function bringUp(
  write: WriteContext,
  { expected, snapshot }: Pick<RestartRequest, 'expected' | 'snapshot'>,
  revision: string,
  changed: (source: Revision) => Promise<Revision>,
): Promise<Service> {
  const { marker, target } = write;
  const serving = snapshot.good?.revision ?? '';
  const source = await findRevision(write, serving);
  if (!source)
    throw finalFailure('Missing', `revision ${serving} of ${target.service} cannot be read, so it cannot be restarted`);
  const template = templateOf(withAuthor(await changed(source), write), revision);
  const shares = (service: Service) =>
    sharesBeside(service, snapshot, revision, candidateTag(target.service, marker.change));
  const service = await fencedUpdate(write, {
    expected,
    paths: ['template', 'traffic'],
    change: (present) => ({ template, traffic: trafficTargets(shares(present)) }),
    deviation: (settled) => {
      if (templateRevision(settled) !== revision) return `its template is not ${revision}`;
      return sameTraffic(configuredTraffic(settled), shares(settled)) ? undefined : 'its traffic was changed';
    },
    until: 'ready',
  });
  await checkCandidate(write, digestOrEmpty(imageOf(source, write.target)), revision);
  return service;
}

/** Gives the revision this change as its author: the commit of its image stays. */
function withAuthor(source: Revision, { marker }: WriteContext): Revision {
  return { ...source, annotations: { ...source.annotations, ...authorAnnotations(marker) } };
}
