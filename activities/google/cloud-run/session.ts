import { Status } from 'google-gax';
import type { CloudRunEntry } from '../../../contract/catalog/targets/cloud-run.ts';
import type { Marker } from '../../../contract/fence.ts';
import type { Progress } from '../../ports/target.ts';
import { call, type Caller } from '../call.ts';
import type { GoogleClients } from '../clients.ts';
import { isCode } from '../failure.ts';
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

/** A look at one place. */
export interface Look {
  clients: GoogleClients;
  place: CloudRunEntry;
  caller: Caller;
}

/** A write to one place, by one step of a change. */
export interface Write extends Look {
  marker: Marker;
  progress: Progress;
  signal: AbortSignal;
}

export function lookAt(clients: GoogleClients, place: CloudRunEntry): Look {
  return { clients, place, caller: { callTimeoutMs: clients.callTimeoutMs } };
}

export function writeTo(
  clients: GoogleClients,
  place: CloudRunEntry,
  { marker, progress, signal }: { marker: Marker; progress: Progress; signal: AbortSignal },
): Write {
  return { clients, place, marker, progress, signal, caller: { callTimeoutMs: clients.callTimeoutMs, marker, signal } };
}

/** The same write with the marker of one of its parts, such as `restore/traffic`. */
export function partOf(write: Write, part: string): Write {
  const marker = { ...write.marker, step: `${write.marker.step}/${part}` };
  return { ...write, marker, caller: { ...write.caller, marker } };
}

export function findService({ clients, place, caller }: Look): Promise<Service | undefined> {
  return ifThere(
    call(caller, `read service ${place.service}`, (options) =>
      clients.services.getService({ name: serviceName(place) }, options),
    ),
  );
}

export function findRevision({ clients, place, caller }: Look, revision: string): Promise<Revision | undefined> {
  return ifThere(
    call(caller, `read revision ${revision}`, (options) =>
      clients.revisions.getRevision({ name: revisionName(place, revision) }, options),
    ),
  );
}

export function findJob({ clients, place, caller }: Look, job: string): Promise<Job | undefined> {
  return ifThere(
    call(caller, `read job ${job}`, (options) => clients.jobs.getJob({ name: jobName(place, job) }, options)),
  );
}

/** By whole or short name. */
export function findExecution(
  { clients, place, caller }: Look,
  job: string,
  execution: string,
): Promise<Execution | undefined> {
  const name = `${jobName(place, job)}/executions/${shortName(execution)}`;
  return ifThere(
    call(caller, `read execution ${shortName(execution)}`, (options) =>
      clients.executions.getExecution({ name }, options),
    ),
  );
}

/** Newest first. Platform: a listing may not show an execution yet that was accepted. */
export async function listExecutions({ clients, place, caller }: Look, job: string): Promise<Execution[]> {
  const request = { parent: jobName(place, job), pageSize: 50 };
  return call(caller, `list the executions of ${job}`, (options) =>
    clients.executions.listExecutions(request, { ...options, autoPaginate: false }),
  );
}

async function ifThere<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isCode(error, Status.NOT_FOUND)) return undefined;
    throw error;
  }
}
