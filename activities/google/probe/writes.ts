import { call } from '../call.ts';
import {
  isSettled,
  jobName,
  parentOf,
  shortName,
  timeOf,
  type Execution,
  type Job,
  type Service,
} from '../cloud-run/resources.ts';
import { writable } from '../cloud-run/job.ts';
import { findExecution, findJob, findService } from '../cloud-run/session.ts';
import { ownedBy } from './owned.ts';
import { isRefusal } from './refusal.ts';
import type { Trial } from './trial.ts';

/** Creates the job of a probe and waits until the platform has taken it in. */
export async function createJob(trial: Trial, job: Job): Promise<Job> {
  const { clients, caller, target, labels, cleanup, name } = trial;
  const request = { parent: parentOf(target), jobId: name, job: { ...job, labels } };
  const create = () => call(caller, `create job ${name}`, (options) => clients.jobs.createJob(request, options));
  await cleanup.make(ownedBy(withoutSignal(trial), 'job'), create, isRefusal);
  return settledJob(trial);
}

/** Sends an update of the job. The caller has read the whole of it: this method has no mask. */
export async function updateJob({ clients, caller, name }: Trial, job: Job): Promise<void> {
  await call(caller, `update job ${name}`, (options) => clients.jobs.updateJob({ job: writable(job) }, options));
}

/** Runs the job, and answers the name of the execution that the answer names; empty if it names none. */
export async function runJob(
  { clients, caller, target, name }: Trial,
  { etag, variables = {} }: { etag?: string; variables?: Record<string, string> },
): Promise<string> {
  const env = Object.entries(variables).map(([key, value]) => ({ name: key, value }));
  const request = {
    name: jobName(target, name),
    ...(etag !== undefined && { etag }),
    ...(env.length > 0 && { overrides: { containerOverrides: [{ env }] } }),
  };
  const operation = await call(caller, `run job ${name}`, (options) => clients.jobs.runJob(request, options));
  return shortName((operation.metadata as Execution | null)?.name);
}

/** Reads the job of the probe, which is there. */
export async function readJob(trial: Trial): Promise<Job> {
  return (await findJob(trial, trial.name)) ?? throwGone(`job ${trial.name}`);
}

/** Waits until the platform has finished with the job's newest generation. */
export async function settledJob(trial: Trial): Promise<Job> {
  const settled = await trial.until(() => readJob(trial), isSettled, trial.pace.endMs);
  return settled?.seen ?? readJob(trial);
}

/** Waits for the end of an execution; undefined if it did not end in time. */
export async function endedExecution(trial: Trial, execution: string): Promise<Execution | undefined> {
  const ended = await trial.until(
    () => findExecution(trial, trial.name, execution),
    (seen) => timeOf(seen?.completionTime) !== '',
    trial.pace.endMs,
  );
  return ended?.seen;
}

/** Creates the service of a probe and waits until it is ready or has failed. */
export async function createService(trial: Trial, service: Service): Promise<Service> {
  const { clients, caller, target, labels, cleanup, name } = trial;
  const request = { parent: parentOf(target), serviceId: name, service: { ...service, labels } };
  const create = () =>
    call(caller, `create service ${name}`, (options) => clients.services.createService(request, options));
  await cleanup.make(ownedBy(withoutSignal(trial), 'service'), create, isRefusal);
  return settledService(trial);
}

/** Sends a masked update of the service, without an etag: nobody else writes to it. */
export async function updateService(
  { clients, caller, name }: Trial,
  service: Service,
  paths: string[],
): Promise<void> {
  const { etag: _etag, ...rest } = service;
  await call(caller, `update service ${name}`, (options) =>
    clients.services.updateService({ service: rest, updateMask: { paths } }, options),
  );
}

/** Reads the service of the probe, which is there. */
export async function readService(trial: Trial): Promise<Service> {
  return (await findService(trial)) ?? throwGone(`service ${trial.name}`);
}

/** Waits until nothing goes on at the service any more, whatever generation the platform says it has observed. */
export async function settledService(trial: Trial): Promise<Service> {
  const isAtRest = ({ reconciling, terminalCondition }: Service): boolean =>
    reconciling !== true && /SUCCEEDED|FAILED/.test(String(terminalCondition?.state));
  const settled = await trial.until(() => readService(trial), isAtRest, trial.pace.endMs);
  return settled?.seen ?? readService(trial);
}

/** What was made is removed although the probe was aborted. */
function withoutSignal({ clients, target }: Trial): Parameters<typeof ownedBy>[0] {
  return { clients, target, caller: { callTimeoutMs: clients.callTimeoutMs } };
}

function throwGone(what: string): never {
  throw new GoneError(`${what} is not there any more: somebody deleted it`);
}

/** Says that somebody took away what the probe had made. */
export class GoneError extends Error {}
