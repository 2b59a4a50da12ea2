import { isDeepStrictEqual } from 'node:util';
import { finalFailure } from '../../failure.ts';
import type { MigrationReady, SyncMigrationRequest } from '../../ports/target.ts';
import { call } from '../call.ts';
import { changedJob, fencedJobUpdate, nameOfJob } from './job.ts';
import { markerAnnotations } from './marks.ts';
import {
  digestOrEmpty,
  imageOf,
  mergedEnvironment,
  parentOf,
  secondsOf,
  type Container,
  type Job,
  type Revision,
} from './resources.ts';
import { findRevision, type WriteContext } from './session.ts';

/**
 * The job gets the image, the command and the settings of the release (runbook 000, non-negotiable invariant), and is
 * read back. Its etag afterwards is what a run is conditional on.
 */
export async function syncJob(write: WriteContext, request: SyncMigrationRequest): Promise<MigrationReady> {
  const name = nameOfJob(write.target);
  const revision = await migratedRevision(write, request);
  const job = await fencedJobUpdate(write, {
    name,
    change: (present) => ({ template: syncedTemplate(present.template, request) }),
    create: () => createJob(write, name, request, revision),
  });
  if (!isSynced(job, request)) throw changedJob(job, name);
  return { version: job.etag ?? '', digest: request.artifact.digest, job: name };
}

/** Read-back: what the platform has now is what a run would take. */
function isSynced(job: Job, { artifact, command, args }: SyncMigrationRequest): boolean {
  const task = job.template?.template;
  const same = hasCommand(job, command) && isDeepStrictEqual(task?.containers?.[0]?.args ?? [], args);
  return same && digestOrEmpty(imageOf(task)) === artifact.digest && task?.maxRetries === 0;
}

/**
 * Image of the job = image of the revision migrated for (invariant I2); a migration before the candidate has no
 * revision yet.
 */
async function migratedRevision(
  write: WriteContext,
  { revision, artifact }: SyncMigrationRequest,
): Promise<Revision | undefined> {
  if (revision === null) return undefined;
  const found = await findRevision(write, revision);
  if (!found) throw finalFailure('Missing', `revision ${revision}, which the migration is for, does not exist`);
  const image = imageOf(found);
  if (digestOrEmpty(image) !== artifact.digest)
    throw finalFailure(
      'Drifted',
      `revision ${revision} has image ${image}, not ${artifact.digest}: the migration would not be its own`,
    );
  return found;
}

type Template = NonNullable<Job['template']>;

/**
 * One task, no retry by the platform: a command runs once (invariant I1). Platform: maxRetries is 3 unless it is
 * said.
 */
function syncedTemplate(present: Template | null | undefined, request: SyncMigrationRequest): Template {
  const [container = {}, ...sidecars] = present?.template?.containers ?? [];
  return {
    ...present,
    taskCount: 1,
    template: {
      ...present?.template,
      maxRetries: 0,
      timeout: secondsOf(request.timeoutSeconds),
      containers: [syncedContainer(container, request), ...sidecars],
    },
  };
}

function syncedContainer(
  container: Container,
  { artifact, command, args, variables, secrets }: SyncMigrationRequest,
): Container {
  return {
    ...container,
    image: artifact.image,
    command,
    args,
    env: mergedEnvironment(container.env, variables, secrets),
  };
}

/**
 * A job that is not there is made in the image of the revision that it migrates for: its settings, secrets and
 * identity.
 */
async function createJob(
  { clients, target, caller, marker }: WriteContext,
  jobId: string,
  request: SyncMigrationRequest,
  revision: Revision | undefined,
): Promise<void> {
  const { env, resources, volumeMounts } = revision?.containers?.[0] ?? {};
  const like: Template = {
    template: {
      containers: [{ env, volumeMounts, ...(resources?.limits && { resources: { limits: resources.limits } }) }],
      volumes: revision?.volumes,
      serviceAccount: revision?.serviceAccount,
      vpcAccess: revision?.vpcAccess,
    },
  };
  const job: Job = { annotations: markerAnnotations(marker), template: syncedTemplate(like, request) };
  await call(caller, `create job ${jobId}`, (options) =>
    clients.jobs.createJob({ parent: parentOf(target), jobId, job }, options),
  );
}

/** Whether the job's own program is that of the request; arguments alone can be given to one run. */
export function hasCommand(job: Job, command: string[]): boolean {
  return isDeepStrictEqual(job.template?.template?.containers?.[0]?.command ?? [], command);
}
