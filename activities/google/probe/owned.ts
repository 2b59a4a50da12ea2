import { setTimeout as wait } from 'node:timers/promises';
import { Status } from 'google-gax';
import type { Leftover } from '../../ports/probe.ts';
import type { Removable } from '../../probe/cleanup.ts';
import { isAbandoned } from '../../probe/owner.ts';
import { call } from '../call.ts';
import { jobName, parentOf, serviceName, shortName, timeOf, type Job, type Service } from '../cloud-run/resources.ts';
import { findJob, findService, type ReadContext } from '../cloud-run/session.ts';
import { isCode } from '../failure.ts';

/** Begins the name of everything that a probe makes. */
export const namePrefix = 'slipway-probe-';

/** Label of everything that a probe makes; its value names the process. */
export const ownerKey = 'slipway-probe';

/** What a probe makes in Cloud Run. */
export type Kind = 'service' | 'job';

/** Between two looks whether it is gone. */
const lookMs = 500;
const maxLooks = 120;

/** Describes the removal of a probe's service or job. A job's executions and a service's revisions go with it. */
export function ownedBy(context: ReadContext, kind: Kind): Removable {
  return { what: `${kind} ${context.target.service}`, remove: () => remove(context, kind) };
}

/** Finds what earlier probes have left in a project and region: by name and by label, so that nothing else is meant. */
export async function findOwned(context: ReadContext): Promise<Leftover[]> {
  const { clients, caller, target } = context;
  const parent = parentOf(target);
  const services = await call<Service[]>(caller, `list the services of ${target.project}`, (options) =>
    clients.services.listServices({ parent }, options),
  );
  const jobs = await call<Job[]>(caller, `list the jobs of ${target.project}`, (options) =>
    clients.jobs.listJobs({ parent }, options),
  );
  return [...leftovers(context, 'service', services), ...leftovers(context, 'job', jobs)];
}

function leftovers(context: ReadContext, kind: Kind, found: (Service | Job)[]): Leftover[] {
  return found.flatMap(({ name, labels, createTime }) => {
    const owner = labels?.[ownerKey];
    const short = shortName(name);
    if (owner === undefined || !short.startsWith(namePrefix)) return [];
    const { what, remove } = ownedBy({ ...context, target: { ...context.target, service: short } }, kind);
    const createdAt = timeOf(createTime);
    return [
      { what, createdAt, isAbandoned: isAbandoned(owner, createdAt), remove: () => remove().then(() => undefined) },
    ];
  });
}

async function remove(context: ReadContext, kind: Kind): Promise<boolean> {
  const { clients, caller, target } = context;
  try {
    await call<unknown>(caller, `delete ${kind} ${target.service}`, (options) =>
      kind === 'service'
        ? clients.services.deleteService({ name: serviceName(target) }, options)
        : clients.jobs.deleteJob({ name: jobName(target, target.service) }, options),
    );
  } catch (error) {
    if (isCode(error, Status.NOT_FOUND)) return false;
    throw error;
  }
  await untilGone(context, kind);
  return true;
}

/** Platform: a deletion is an operation, and takes its time. */
async function untilGone(context: ReadContext, kind: Kind): Promise<void> {
  for (let look = 0; look < maxLooks; look += 1) {
    const found = kind === 'service' ? await findService(context) : await findJob(context, context.target.service);
    if (!found) return;
    await wait(lookMs);
  }
  throw new Error(`${kind} ${context.target.service} is being deleted, but is still there`);
}
