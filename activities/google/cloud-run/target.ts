import type { CloudRunEntry } from '../../../contract/catalog/targets/cloud-run.ts';
import { compareFences, type Marker } from '../../../contract/fence.ts';
import type { Target } from '../../ports/target.ts';
import type { Caller } from '../call.ts';
import type { GoogleClients } from '../clients.ts';
import { classified } from '../failure.ts';
import { runMigrationOnce } from './execution.ts';
import { stampJob } from './job.ts';
import { readExecutionLog, requestsServed } from './logs.ts';
import { recordedMarkerOf } from './marks.ts';
import { syncJob } from './migration.ts';
import { readBackState } from './read-back.ts';
import { describeCondition, isSettled, shortName, timeOf } from './resources.ts';
import { restoreSnapshot } from './restore.ts';
import { findExecution, findJob, findService, listExecutions, lookAt, writeTo, type Look } from './session.ts';
import { shiftTraffic, stampService } from './shift.ts';
import { stageCandidate } from './stage.ts';
import { readState, takeSnapshot } from './state.ts';

/** A Cloud Run service with its migration job (runbook 000). */
export function createCloudRunTarget(clients: GoogleClients): Target<CloudRunEntry> {
  const caller: Caller = { callTimeoutMs: clients.callTimeoutMs };
  return {
    observe: (place) => classified(async () => (await readState(lookAt(clients, place))).live),
    lastWrite: (place) => classified(() => lastWrite(lookAt(clients, place))),
    pendingWork: (place) => classified(() => unsettled(lookAt(clients, place))),
    snapshot: (place) => classified(() => takeSnapshot(lookAt(clients, place))),
    stamp: (place, request) =>
      classified(async () => {
        const write = writeTo(clients, place, request);
        // Side by side: each takes as long as the platform takes to accept it, and neither depends on the other.
        const [service, job] = await Promise.allSettled([stampService(write, request), stampJob(write)]);
        if (service.status === 'rejected') throw service.reason;
        if (job.status === 'rejected') throw job.reason;
        return service.value;
      }),
    stage: (place, request) => classified(() => stageCandidate(writeTo(clients, place, request), request)),
    syncMigration: (place, request) => classified(() => syncJob(writeTo(clients, place, request), request)),
    runMigration: (place, request) => classified(() => runMigrationOnce(writeTo(clients, place, request), request)),
    shift: (place, request) => classified(() => shiftTraffic(writeTo(clients, place, request), request)),
    readBack: (place, request) => classified(() => readBackState(lookAt(clients, place), request)),
    restore: (place, request) => classified(() => restoreSnapshot(writeTo(clients, place, request), request)),
    requestsServed: (place, query) => classified(() => requestsServed(clients, caller, place, query)),
    executionLog: (place, query) => classified(() => readExecutionLog(clients, caller, place, query)),
  };
}

async function lastWrite(look: Look): Promise<Marker | undefined> {
  const { migrationJob } = look.place;
  const [service, job] = await Promise.all([findService(look), migrationJob ? findJob(look, migrationJob) : undefined]);
  return [service, job]
    .flatMap((resource) => recordedMarkerOf(resource?.annotations) ?? [])
    .sort((a, b) => compareFences(a.fence, b.fence))
    .at(-1);
}

/**
 * What a former holder may have left running; the list of executions may lag, so the job's newest is asked by name,
 * too.
 */
async function unsettled(look: Look): Promise<string[]> {
  const { service: name, migrationJob } = look.place;
  const service = await findService(look);
  const lines =
    service && !isSettled(service)
      ? [`service ${name} is being changed (${describeCondition(service.terminalCondition)})`]
      : [];
  return migrationJob ? [...lines, ...(await runningExecutions(look, migrationJob))] : lines;
}

async function runningExecutions(look: Look, jobId: string): Promise<string[]> {
  const job = await findJob(look, jobId);
  if (!job) return [];
  const newest = shortName(job.latestCreatedExecution?.name);
  const [listed, named] = await Promise.all([
    listExecutions(look, jobId),
    newest === '' ? undefined : findExecution(look, jobId, newest),
  ]);
  const running = [...listed, ...(named ? [named] : [])].filter(({ completionTime }) => timeOf(completionTime) === '');
  const names = new Set(running.map((execution) => shortName(execution.name)));
  const lines = isSettled(job) ? [] : [`job ${jobId} is being changed`];
  return [...lines, ...[...names].map((execution) => `execution ${execution} is running`)];
}
