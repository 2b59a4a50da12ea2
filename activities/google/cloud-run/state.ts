import { digestOrEmpty } from '../../../contract/artifact.ts';
import type { Snapshot, LiveState, MigrationJobState, OtherJobs, ServingRevision } from '../../../contract/live.ts';
import { commitAnnotation } from '../../fence.ts';
import { commitOfImage } from '../artifact-registry.ts';
import {
  conditionOf,
  describeCondition,
  hasFailed,
  hasSucceeded,
  isSettled,
  shortName,
  type Job,
  type Revision,
  type Service,
} from './resources.ts';
import { imageOf, ownContainer } from './container.ts';
import { isRecordable, keptSettingsOf, settingsOf } from './job-settings.ts';
import { stateKey } from './service.ts';
import type { KnownRevision } from '../../ports/target.ts';
import { findJob, findRevision, findService, listRevisions, type ReadContext } from './session.ts';
import { configuredTraffic, servedShares } from './traffic.ts';

/** Holds what was read of a target, and the live state that follows from it. */
export interface ObservedService {
  live: LiveState;
  service: Service | undefined;
  /** The migration job. */
  job?: Job | undefined;
  /** Revisions that serve, and that of the template; undefined for one that is gone. */
  revisions: Map<string, Revision | undefined>;
}

/** Reads service, revisions and job as they are now. */
export async function readState(context: ReadContext): Promise<ObservedService> {
  const { migrationJob } = context.target;
  const [service, job, jobs] = await Promise.all([
    findService(context),
    migrationJob ? findJob(context, migrationJob) : undefined,
    readOtherJobs(context),
  ]);
  const jobState = job ? stateOfJob(job, context.target) : null;
  if (!service) {
    return {
      service,
      revisions: new Map(),
      live: { exists: false, url: '', serving: [], traffic: [], template: null, job: jobState, ...jobs, key: '' },
    };
  }
  const revisions = await readRevisions(context, service);
  const live: LiveState = {
    exists: true,
    url: service.uri ?? '',
    serving: await Promise.all(
      servedShares(service).map(({ revision, percent }) =>
        servingRevision(context, revision, percent, revisions.get(revision)),
      ),
    ),
    traffic: configuredTraffic(service),
    template: templateState(service, revisions, context.target),
    job: jobState,
    ...jobs,
    key: stateKey(service),
    ...(context.target.allowUnauthenticated !== undefined && { isOpen: service.invokerIamDisabled ?? false }),
  };
  return { live, service, job, revisions };
}

/** Reads the template as its revision has it: for a tag, the platform has found the digest when it made that one. */
function templateState(
  service: Service,
  revisions: ReadonlyMap<string, Revision | undefined>,
  target: ReadContext['target'],
): NonNullable<LiveState['template']> {
  const revision = templateRevision(service);
  const made = isSettled(service) ? revisions.get(revision) : undefined;
  return { revision, digest: digestOrEmpty(imageOf(made ?? service.template, target)) };
}

/** Names the template's revision: its own name, or the one that the platform gave. */
export function templateRevision(service: Service): string {
  return service.template?.revision || shortName(service.latestCreatedRevision);
}

/** Reads what runs of the other jobs take from them; a job that is not there is left out. */
async function readOtherJobs(context: ReadContext): Promise<{ jobs?: OtherJobs }> {
  const { smokeJob, evidenceJob } = context.target;
  const digestOf = async (purpose: keyof OtherJobs, name: string | undefined): Promise<OtherJobs> => {
    const job = name === undefined ? undefined : await findJob(context, name);
    return job ? { [purpose]: keptSettingsOf(job, context.target) } : {};
  };
  const [smoke, evidence] = await Promise.all([digestOf('smoke', smokeJob), digestOf('evidence', evidenceJob)]);
  const jobs = { ...smoke, ...evidence };
  return Object.keys(jobs).length > 0 ? { jobs } : {};
}

function stateOfJob(job: Job, target: ReadContext['target']): MigrationJobState {
  const container = ownContainer(job.template?.template, target);
  return {
    name: shortName(job.name),
    image: container?.image ?? '',
    digest: digestOrEmpty(container?.image ?? ''),
    command: container?.command ?? [],
    args: container?.args ?? [],
    maxRetries: job.template?.template?.maxRetries ?? 0,
    settings: settingsOf(job, target),
  };
}

async function readRevisions(context: ReadContext, service: Service): Promise<Map<string, Revision | undefined>> {
  const names = new Set([...servedShares(service).map(({ revision }) => revision), templateRevision(service)]);
  names.delete('');
  const found = await Promise.all([...names].map((name) => findRevision(context, name)));
  return new Map([...names].map((name, index) => [name, found[index]]));
}

async function servingRevision(
  { clients, caller, target }: ReadContext,
  revision: string,
  percent: number,
  found: Revision | undefined,
): Promise<ServingRevision> {
  const image = imageOf(found, target);
  const commit = found?.annotations?.[commitAnnotation] ?? (await commitOfImage(clients, caller, image));
  return { revision, digest: digestOrEmpty(image), image, commit, percent };
}

/** Lists the revisions of the service, the newest first. */
export async function knownRevisions(context: ReadContext): Promise<KnownRevision[]> {
  return (await listRevisions(context)).map((found) => {
    const image = imageOf(found, context.target);
    const commit = found.annotations?.[commitAnnotation] ?? '';
    return { revision: shortName(found.name), digest: digestOrEmpty(image), image, commit };
  });
}

/** Reads the state now, and why a restore to it would fail (invariant I5). */
export async function takeSnapshot(context: ReadContext): Promise<Snapshot> {
  const seen = await readState(context);
  const good = seen.live.serving[0] ?? null;
  const { service } = seen;
  const condition = describeCondition(service?.terminalCondition);
  const changing =
    service && !isSettled(service)
      ? { changing: `service ${shortName(service.name)} is being changed right now (${condition})` }
      : {};
  return {
    takenAt: new Date().toISOString(),
    live: seen.live,
    good,
    obstacles: service ? obstacles(seen, service, context.target) : [],
    ...changing,
  };
}

function obstacles(
  { job, live, revisions }: ObservedService,
  service: Service,
  target: ReadContext['target'],
): string[] {
  const found: string[] = [];
  if (job && !isRecordable(job))
    found.push(`job ${shortName(job.name)} is too large for its settings to be recorded, so they would not come back`);
  if (live.serving.length === 0)
    found.push(`service ${shortName(service.name)} exists but no revision serves, so there is nothing to go back to`);
  for (const { revision, digest } of live.serving) {
    const read = revisions.get(revision);
    if (!read) found.push(`revision ${revision} serves but cannot be read: it was deleted`);
    else if (hasFailed(conditionOf(read, 'Ready')))
      found.push(`revision ${revision} serves but is not ready: ${describeCondition(conditionOf(read, 'Ready'))}`);
    else if (!ownContainer(read, target))
      found.push(`nobody can say which container of revision ${revision} runs the artifact: name it in the catalog`);
    else if (digest === '')
      found.push(
        `revision ${revision} was deployed by a mutable tag (${imageOf(read, target)}), ` +
          'and the platform does not tell its digest, so nobody knows which image a restore would bring back: ' +
          'deploy it by digest first',
      );
  }
  return found;
}

/** Finds the revision whose template a restore brings back: the snapshot's own if it can serve, else the good one. */
export async function restorableRevision(
  context: ReadContext,
  { live, good }: Snapshot,
): Promise<Revision | undefined> {
  const own = live.template ? await findRevision(context, live.template.revision) : undefined;
  if (own && hasSucceeded(conditionOf(own, 'Ready'))) return own;
  return good ? findRevision(context, good.revision) : own;
}
