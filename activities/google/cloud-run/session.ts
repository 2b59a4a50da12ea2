import { Status } from 'google-gax';
import type { CloudRunEntry } from '../../../contract/catalog/targets/cloud-run.ts';
import type { Marker } from '../../../contract/fence.ts';
import type { Progress } from '../../ports/target.ts';
import { call, type Caller } from '../call.ts';
import type { GoogleClients } from '../clients.ts';
import { isCode } from '../failure.ts';
import { withArtifact, withArtifactOfJob } from './artifact-image.ts';
import { resolvedImage, resolvedImages } from './resolved-digest.ts';
import {
  jobName,
  revisionName,
  serviceName,
  shortName,
  type Execution,
  type Job,
  type Revision,
  type Service,
} from './resources.ts';

/** Holds what a read of one target needs. */
export interface ReadContext {
  clients: GoogleClients;
  target: CloudRunEntry;
  caller: Caller;
}

/** Holds what a write to one target needs, by one step of a change. */
export interface WriteContext extends ReadContext {
  marker: Marker;
  progress: Progress;
  signal: AbortSignal;
}

export function readContext(clients: GoogleClients, target: CloudRunEntry): ReadContext {
  clients.budget.heed(target);
  return { clients, target, caller: { callTimeoutMs: clients.callTimeoutMs } };
}

export function writeContext(
  clients: GoogleClients,
  target: CloudRunEntry,
  { marker, progress, signal }: { marker: Marker; progress: Progress; signal: AbortSignal },
): WriteContext {
  clients.budget.heed(target);
  return {
    clients,
    target,
    marker,
    progress,
    signal,
    caller: { callTimeoutMs: clients.callTimeoutMs, marker, signal },
  };
}

/** Makes the same write with the marker of a part of its step, such as `restore/traffic`. */
export function subStep(write: WriteContext, part: string): WriteContext {
  const marker = { ...write.marker, step: `${write.marker.step}/${part}` };
  return { ...write, marker, caller: { ...write.caller, marker } };
}

export function findService({ clients, target, caller }: ReadContext): Promise<Service | undefined> {
  return orUndefined(
    call(caller, `read service ${target.service}`, (options) =>
      clients.services.getService({ name: serviceName(target) }, options),
    ),
  );
}

/** Finds a revision, with the image of its artifact. */
export async function findRevision(context: ReadContext, revision: string): Promise<Revision | undefined> {
  const { clients, target, caller } = context;
  const found = await orUndefined(
    call(caller, `read revision ${revision}`, (options) =>
      clients.revisions.getRevision({ name: revisionName(target, revision) }, options),
    ),
  );
  return found && withArtifact(context, found, () => resolvedImage(context, revision));
}

/** Lists the revisions of the service with the images of their artifacts, newest first, as far as one page has them. */
export async function listRevisions(context: ReadContext): Promise<Revision[]> {
  const { clients, target, caller } = context;
  const request = { parent: serviceName(target), pageSize: 100 };
  const found = await call(caller, `list the revisions of ${target.service}`, (options) =>
    clients.revisions.listRevisions(request, { ...options, autoPaginate: false }),
  );
  let all: Promise<Map<string, string>> | undefined;
  const resolve = async (name: string) => (await (all ??= resolvedImages(context))).get(name);
  return Promise.all(found.map((one) => withArtifact(context, one, () => resolve(shortName(one.name)))));
}

/** Finds a job, with the image of its artifact. */
export async function findJob(context: ReadContext, job: string): Promise<Job | undefined> {
  const { clients, target, caller } = context;
  const found = await orUndefined(
    call(caller, `read job ${job}`, (options) => clients.jobs.getJob({ name: jobName(target, job) }, options)),
  );
  return found && withArtifactOfJob(context, found);
}

/** Finds an execution by its whole or short name. */
export function findExecution(
  { clients, target, caller }: ReadContext,
  job: string,
  execution: string,
): Promise<Execution | undefined> {
  const name = `${jobName(target, job)}/executions/${shortName(execution)}`;
  return orUndefined(
    call(caller, `read execution ${shortName(execution)}`, (options) =>
      clients.executions.getExecution({ name }, options),
    ),
  );
}

/** Lists executions, newest first. Platform: an accepted execution may not be listed yet. */
export async function listExecutions({ clients, target, caller }: ReadContext, job: string): Promise<Execution[]> {
  const request = { parent: jobName(target, job), pageSize: 50 };
  return call(caller, `list the executions of ${job}`, (options) =>
    clients.executions.listExecutions(request, { ...options, autoPaginate: false }),
  );
}

async function orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isCode(error, Status.NOT_FOUND)) return undefined;
    throw error;
  }
}
