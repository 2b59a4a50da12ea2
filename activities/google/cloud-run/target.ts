import type { CloudRunEntry } from '../../../contract/catalog/targets/cloud-run.ts';
import { compareFences, type Marker } from '../../../contract/fence.ts';
import { recordedMarkerOf } from '../../fence.ts';
import type { Target } from '../../ports/target.ts';
import type { GoogleClients } from '../clients.ts';
import { classified } from '../failure.ts';
import { isOfArtifact } from '../../artifact-parts.ts';
import { requireRights } from '../rights.ts';
import { imagesOf } from './artifact-image.ts';
import { templateDifference } from './difference.ts';
import { runJobOnce } from './execution.ts';
import { checkHealth } from './health.ts';
import { jobsOf, stampJobs } from './job.ts';
import { readExecutionLog, readExecutionOutput, requestsServed } from './logs.ts';
import { syncJob } from './migration.ts';
import { readBackState } from './read-back.ts';
import { describeCondition, isSettled, shortName, timeOf } from './resources.ts';
import { settingsDrift } from './drift.ts';
import { restartRevision, stageSecrets } from './restart.ts';
import { restoreSnapshot } from './restore.ts';
import { secretReaders, secretsInUse, syncJobSecrets } from './secrets.ts';
import {
  findExecution,
  findJob,
  findService,
  listExecutions,
  readContext,
  writeContext,
  type ReadContext,
} from './session.ts';
import { shiftTraffic, stampService } from './shift.ts';
import { stageCandidate } from './stage.ts';
import { knownRevisions, readState, takeSnapshot } from './state.ts';

/** Makes the target of a Cloud Run service with its migration job (runbook 000). */
export function createCloudRunTarget(clients: GoogleClients): Target<CloudRunEntry> {
  return {
    observe: (target) => classified(async () => (await readState(readContext(clients, target))).live),
    revisions: (target) => classified(() => knownRevisions(readContext(clients, target))),
    lastWrite: (target) => classified(() => lastWrite(readContext(clients, target))),
    pendingWork: (target) => classified(() => pendingWork(readContext(clients, target))),
    health: (target) => classified(() => checkHealth(readContext(clients, target))),
    snapshot: (target) => classified(() => takeSnapshot(readContext(clients, target))),
    // The template is the service's own: the repository says nothing of it.
    check: (target) => classified(() => requireRights(readContext(clients, target))),
    difference: (target, request) => classified(() => templateDifference(readContext(clients, target), request)),
    stamp: (target, request) =>
      classified(async () => {
        const write = writeContext(clients, target, request);
        // Side by side: each takes as long as the platform takes to accept it, and neither depends on the other.
        const [service, job] = await Promise.allSettled([stampService(write, request), stampJobs(write)]);
        if (service.status === 'rejected') throw service.reason;
        if (job.status === 'rejected') throw job.reason;
        return service.value;
      }),
    stage: (target, request) => classified(() => stageCandidate(writeContext(clients, target, request), request)),
    syncMigration: (target, request) =>
      classified(() => syncJob(writeContext(clients, target, request), request, 'migrationJob')),
    syncSmoke: (target, request) =>
      classified(() => syncJob(writeContext(clients, target, request), request, 'smokeJob')),
    syncEvidence: (target, request) =>
      classified(() => syncJob(writeContext(clients, target, request), request, 'evidenceJob')),
    runJob: (target, request) =>
      classified(async () => {
        const write = writeContext(clients, target, request);
        const run = await runJobOnce(write, request);
        // The execution may name one platform's image of the artifact.
        const isOurs = await isOfArtifact(imagesOf(write), request.artifact.image, run.digest);
        return isOurs ? { ...run, digest: request.artifact.digest } : run;
      }),
    shift: (target, request) => classified(() => shiftTraffic(writeContext(clients, target, request), request)),
    restart: (target, request) => classified(() => restartRevision(writeContext(clients, target, request), request)),
    secretsInUse: (target, revision) => classified(() => secretsInUse(readContext(clients, target), revision)),
    secretReaders: (target, secret, version) =>
      classified(() => secretReaders(readContext(clients, target), secret, version)),
    stageSecrets: (target, request) => classified(() => stageSecrets(writeContext(clients, target, request), request)),
    syncJobSecrets: (target, { secrets, ...request }) =>
      classified(() => syncJobSecrets(writeContext(clients, target, request), secrets)),
    readBack: (target, request) => classified(() => readBackState(readContext(clients, target), request)),
    settingsDrift: (target, ledger) => classified(() => settingsDrift(readContext(clients, target), ledger)),
    restore: (target, request) => classified(() => restoreSnapshot(writeContext(clients, target, request), request)),
    requestsServed: (target, query) => classified(() => requestsServed(readContext(clients, target), query)),
    executionLog: (target, query) => classified(() => readExecutionLog(readContext(clients, target), query)),
    executionOutput: (target, query) => classified(() => readExecutionOutput(readContext(clients, target), query)),
  };
}

async function lastWrite(context: ReadContext): Promise<Marker | undefined> {
  const [service, ...jobs] = await Promise.all([
    findService(context),
    ...jobsOf(context.target).map((name) => findJob(context, name)),
  ]);
  return [service, ...jobs]
    .flatMap((resource) => recordedMarkerOf(resource?.annotations) ?? [])
    .sort((a, b) => compareFences(a.fence, b.fence))
    .at(-1);
}

/**
 * Lists what a former holder may have left running. The list of executions may lag, so the newest is read by name, too.
 */
async function pendingWork(context: ReadContext): Promise<string[]> {
  const { service: name } = context.target;
  const service = await findService(context);
  const lines =
    service && !isSettled(service)
      ? [`service ${name} is being changed (${describeCondition(service.terminalCondition)})`]
      : [];
  const running = await Promise.all(jobsOf(context.target).map((job) => runningExecutions(context, job)));
  return [...lines, ...running.flat()];
}

async function runningExecutions(context: ReadContext, jobId: string): Promise<string[]> {
  const job = await findJob(context, jobId);
  if (!job) return [];
  const newest = shortName(job.latestCreatedExecution?.name);
  const [listed, named] = await Promise.all([
    listExecutions(context, jobId),
    newest === '' ? undefined : findExecution(context, jobId, newest),
  ]);
  const running = [...listed, ...(named ? [named] : [])].filter(({ completionTime }) => timeOf(completionTime) === '');
  const names = new Set(running.map((execution) => shortName(execution.name)));
  const lines = isSettled(job) ? [] : [`job ${jobId} is being changed`];
  return [...lines, ...[...names].map((execution) => `execution ${execution} is running`)];
}
