import { Status } from 'google-gax';
import { digestOrEmpty } from '../../../contract/artifact.ts';
import { accessPath, hasAccess, recordedAccess } from './access.ts';
import { candidateTag, isCandidate, restoredRevision } from './names.ts';
import type { MigrationJobState, ReadBack, TrafficShare } from '../../../contract/live.ts';
import { finalFailure } from '../../failure.ts';
import { createdByAnnotation, digestAnnotation, recordedStep, checkFence, type Annotations } from '../../fence.ts';
import type { RestoreRequest } from '../../ports/target.ts';
import { call } from '../call.ts';
import { isCode } from '../failure.ts';
import { pause } from '../polling.ts';
import { imageOf, ownContainer, withOwnContainer } from './container.ts';
import { fencedJobUpdate } from './job.ts';
import { problemsOf } from './read-back.ts';
import { isRecordedBy, recordedBefore } from './job-settings.ts';
import { shortName, type Job, type Revision, type Service } from './resources.ts';
import { lostSecrets } from './secrets.ts';
import { mustReRead, fencedUpdate, maxRounds, stateKey, type ServiceWrite } from './service.ts';
import { findJob, findService, subStep, type WriteContext } from './session.ts';
import { readState, restorableRevision, templateRevision } from './state.ts';
import { templateOf } from './template.ts';
import { configuredTraffic, foreignTags, pinned, sameTraffic, servedShares, trafficTargets } from './traffic.ts';

/**
 * The parts of a restore, in order: first users, then the next revision's template, then the shape that deployers
 * found.
 */
const parts = ['traffic', 'template', 'shape'] as const;
type Part = (typeof parts)[number];

/**
 * Restores the snapshot. Each part is one fenced write under its own step name, `<step>/<part>`, and a repeat goes on
 * after the part that the service records. The fence is the only condition: the state that the change left is what has
 * to go.
 */
export async function restoreSnapshot(write: WriteContext, request: RestoreRequest): Promise<ReadBack> {
  const { live, good } = request.snapshot;
  if (!live.exists) return removeFirstRelease(write);
  const writes = await partsOf(write, request);
  const done = parts.indexOf(((await recordedPart(write)) ?? '') as Part);
  for (const part of parts.slice(Math.max(done, 0))) {
    if (part === 'shape') await restoreJob(write, live.job);
    await writePart(subStep(write, part), writes[part], part === parts[0]);
  }
  const seen = await readState(write);
  const artifact = { image: '', digest: good?.digest ?? '', commit: good?.commit ?? '' };
  return {
    live: seen.live,
    problems: problemsOf(write, seen, { artifact, revision: null, withJob: false }).concat(
      jobProblem(live.job, seen.live.job),
    ),
  };
}

/** Reads the part of this very restore that the service records; undefined before the first. */
async function recordedPart(write: WriteContext): Promise<string | undefined> {
  const service = await findService(write);
  if (!service)
    throw finalFailure(
      'Drifted',
      `service ${write.target.service} does not exist any more: somebody deleted it, so nothing can be restored`,
    );
  checkFence(`service ${write.target.service}`, service.annotations, write.marker);
  const prefix = `${write.marker.step}/`;
  const step = recordedStep(service.annotations, write.marker);
  return step.startsWith(prefix) ? step.slice(prefix.length) : undefined;
}

interface PartWrite extends Omit<ServiceWrite, 'expected' | 'deviation'> {
  isDone(service: Service): boolean;
}

async function partsOf(write: WriteContext, { snapshot, candidate }: RestoreRequest): Promise<Record<Part, PartWrite>> {
  const { target, marker } = write;
  const tag = candidateTag(target.service, marker.change);
  // A rollback that stopped a deploy takes the tag of its candidate away, too: nobody calls that one any more.
  const others = (service: Service): TrafficShare[] =>
    foreignTags(service, tag).filter(
      (share) => share.revision !== candidate || !isCandidate(target.service, share.revision ?? '', share.tag ?? ''),
    );
  const served = (service: Service): TrafficShare[] => [...pinned(snapshot.live.serving), ...others(service)];
  const shape = (service: Service): TrafficShare[] => [
    ...snapshot.live.traffic,
    ...others(service).filter((share) => !snapshot.live.traffic.some((kept) => kept.tag === share.tag)),
  ];
  const source = await restorableRevision(write, snapshot);
  if (!source)
    throw finalFailure(
      'Missing',
      `neither revision ${snapshot.live.template?.revision} nor ${snapshot.good?.revision} exists any more, ` +
        'so there is no template to go back to',
    );
  await requireReadableSecrets(write, source);
  const name = restoredRevision(target.service, marker.change, marker.attempt);
  const access = recordedAccess(snapshot.live);
  return {
    // The staged template may be one that never becomes ready; users are back on the good revision all the same.
    traffic: {
      paths: ['traffic', ...(access.invokerIamDisabled === undefined ? [] : [accessPath])],
      until: 'served',
      change: (service) => ({ ...access, traffic: trafficTargets(served(service)) }),
      isDone: (service) =>
        hasAccess(service, access) &&
        (stateKey(service) === snapshot.live.key || sameTraffic(configuredTraffic(service), served(service))),
    },
    template: {
      paths: ['template'],
      until: 'ready',
      change: () => ({ template: templateOf(source, name) }),
      isDone: (service) =>
        templateRevision(service) === snapshot.live.template?.revision || templateRevision(service) === name,
    },
    shape: {
      paths: ['traffic'],
      until: 'ready',
      change: (service) => ({ traffic: trafficTargets(shape(service)) }),
      isDone: (service) => sameTraffic(configuredTraffic(service), shape(service)),
    },
  };
}

/**
 * Requires that new instances of a revision would have the secrets of now: a rotation since then may have disabled what
 * it reads. One that serves already is not asked: its instances are there.
 */
async function requireReadableSecrets(write: WriteContext, source: Revision): Promise<void> {
  const service = await findService(write);
  const name = shortName(source.name);
  if (service && servedShares(service).some(({ revision }) => revision === name)) return;
  const problems = await lostSecrets(write, source, service?.template);
  if (problems.length > 0)
    throw finalFailure('Missing', `revision ${name} cannot be started any more: ${problems.join('; ')}`);
}

/**
 * Writes one part, unless its state is there already. The first one records the fence in any case, so that a late write
 * of the change is refused when it arrives.
 */
async function writePart(write: WriteContext, part: PartWrite, isFirst: boolean): Promise<void> {
  const service = await findService(write);
  const isWritable =
    service && checkFence(`service ${write.target.service}`, service.annotations, write.marker) === 'writable';
  const isThere = isWritable && part.isDone(service);
  if (isThere && !isFirst) return;
  const what = isThere ? { paths: [], change: () => ({}), until: 'settled' as const } : part;
  await fencedUpdate(write, {
    ...what,
    expected: null,
    deviation: (settled) => (part.isDone(settled) ? undefined : 'somebody changed it during the restore'),
  });
}

async function restoreJob(write: WriteContext, before: MigrationJobState | null): Promise<void> {
  const { migrationJob } = write.target;
  if (!migrationJob || !before) return;
  const job = await findJob(write, migrationJob);
  // No change has written to a job of which nobody can say which container migrates.
  if (!job || !ownContainer(job.template?.template, write.target)) return;
  await fencedJobUpdate(subStep(write, 'job'), {
    name: migrationJob,
    inAnyState: true,
    change: ({ annotations, template: present }) => {
      const template = beforeOf(annotations, write, before.digest) ?? present;
      const { image, command, args } = before;
      const containers = withOwnContainer(`job ${migrationJob}`, template?.template, write.target, (own) => ({
        ...own,
        ...{ image, command, args },
      }));
      return {
        annotations: { [digestAnnotation]: before.digest },
        template: { ...template, template: { ...template?.template, containers, maxRetries: before.maxRetries } },
      };
    },
  });
}

/**
 * Finds the template that the job had: recorded by this very change, or, for a rollback, by one that found the image to
 * go back to.
 */
function beforeOf(
  annotations: Annotations,
  { marker: { change }, target }: WriteContext,
  digest: string,
): Job['template'] {
  const recorded = recordedBefore(annotations);
  const isWanted = isRecordedBy(annotations, change) || digestOrEmpty(imageOf(recorded?.template, target)) === digest;
  return isWanted ? recorded : undefined;
}

function isSameJob(a: MigrationJobState, b: MigrationJobState): boolean {
  return (
    a.image === b.image &&
    a.maxRetries === b.maxRetries &&
    (a.settings === undefined || a.settings === b.settings) &&
    a.command.join('\0') === b.command.join('\0') &&
    a.args.join('\0') === b.args.join('\0')
  );
}

function jobProblem(before: MigrationJobState | null, now: MigrationJobState | null): string[] {
  if (!before) return [];
  if (!now) return [`migration job ${before.name} does not exist any more`];
  if (isSameJob(before, now)) return [];
  return now.image === before.image
    ? [`migration job ${before.name} has other settings than before: variables, command, account, network or limits`]
    : [`migration job ${before.name} has image ${now.image}, not ${before.image} as before`];
}

/**
 * Removes the service of a first release: there was none before. Only a service that this very change created is
 * deleted. Its migration job stays: it serves nobody, and holds the log of what ran.
 */
async function removeFirstRelease(write: WriteContext): Promise<ReadBack> {
  const { clients, caller, target, marker } = write;
  for (let round = 1; ; round += 1) {
    const service = await findService(write);
    if (!service) return { live: (await readState(write)).live, problems: [] };
    checkFence(`service ${target.service}`, service.annotations, marker);
    if (service.annotations?.[createdByAnnotation] !== marker.change) {
      return {
        live: (await readState(write)).live,
        problems: [`somebody else created service ${target.service} during this change; it was not removed`],
      };
    }
    try {
      if (!service.deleteTime)
        await call(caller, `delete service ${target.service}`, (options) =>
          clients.services.deleteService({ name: service.name, etag: service.etag }, options),
        );
    } catch (error) {
      if (!(mustReRead(error) || isCode(error, Status.NOT_FOUND)) || round >= maxRounds) throw error;
    }
    await pause(write.signal);
  }
}
