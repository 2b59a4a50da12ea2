import type { KubernetesEntry } from '../../contract/catalog/targets/kubernetes.ts';
import type { Marker } from '../../contract/fence.ts';
import { recordedMarkerOf } from '../fence.ts';
import type { Images } from '../ports/index.ts';
import type {
  CheckRequest,
  DifferenceRequest,
  JobReady,
  SyncJobRequest,
  Target,
  TargetDifference,
} from '../ports/target.ts';
import type { KubernetesClients } from './client.ts';
import { findContested } from './drift.ts';
import { classified } from './failure.ts';
import { checkHealth } from './health/index.ts';
import type { JobPurpose } from './jobs/job-manifest.ts';
import { listJobs } from './jobs/list.ts';
import { prepareJob } from './jobs/prepare.ts';
import { runJobOnce } from './jobs/run.ts';
import { readJobLog } from './logs.ts';
import { planLimits } from '../difference/text.ts';
import { compareManifests, describeComparisons } from './manifests/difference.ts';
import { readBackState } from './read-back.ts';
import { renderTarget, type Renderer } from './rendering.ts';
import { restartPods } from './restart.ts';
import { restoreSnapshot } from './restore.ts';
import { findWorkload, readContext, writeContext, type ReadContext } from './session.ts';
import { applyAndRollOut } from './shift.ts';
import { stageManifests } from './stage.ts';
import { stampWorkload } from './stamp.ts';
import { changingOf, readState, takeSnapshot } from './state.ts';

/** Makes the target of a workload in a cluster, with its Jobs (runbooks 001 and 003). */
export function createKubernetesTarget(
  clients: KubernetesClients,
  renderer: Renderer,
  images: Images,
): Target<KubernetesEntry> {
  return {
    observe: (target) => classified(async () => (await readState(readContext(clients, target))).live),
    lastWrite: (target) => classified(() => lastWrite(readContext(clients, target))),
    pendingWork: (target) => classified(() => pendingWork(readContext(clients, target))),
    health: (target) => classified(() => checkHealth(readContext(clients, target))),
    snapshot: (target) => classified(() => takeSnapshot(readContext(clients, target))),
    check: (target, request) => classified(() => checkOverlay(target, renderer, request)),
    difference: (target, request) => classified(() => difference(readContext(clients, target), renderer, request)),
    stamp: (target, request) => classified(() => stampWorkload(writeContext(clients, target, request), request)),
    stage: (target, request) =>
      classified(async () => {
        const write = writeContext(clients, target, request);
        return stageManifests(write, request, await renderTarget(renderer, write, request));
      }),
    syncMigration: (target, request) => classified(() => syncJob(target, request, 'migration')),
    syncSmoke: (target, request) => classified(() => syncJob(target, request, 'smoke')),
    syncEvidence: (target, request) => classified(() => syncJob(target, request, 'evidence')),
    runJob: (target, request) => classified(() => runJobOnce(writeContext(clients, target, request), request)),
    shift: (target, request) => classified(() => applyAndRollOut(writeContext(clients, target, request), request)),
    restart: (target, request) => classified(() => restartPods(writeContext(clients, target, request), request)),
    readBack: (target, request) => classified(() => readBackState(readContext(clients, target), request, images)),
    restore: (target, request) =>
      classified(() => restoreSnapshot(writeContext(clients, target, request), request, images)),
    // A cluster has no request log of its own; what a service writes about its requests is in its pods' logs.
    requestsServed: () => Promise.resolve(null),
    executionLog: (target, query) => classified(() => readJobLog(readContext(clients, target), query)),
    // The container runtime keeps both streams in one log.
    executionOutput: (target, query) =>
      classified(async () => {
        const { lines, isComplete } = await readJobLog(readContext(clients, target), query);
        return { lines: lines.map((text) => ({ stream: 'stdout', text })), isComplete, isCut: false };
      }),
  };

  async function syncJob(target: KubernetesEntry, request: SyncJobRequest, purpose: JobPurpose): Promise<JobReady> {
    const write = writeContext(clients, target, request);
    return prepareJob(write, request, await renderTarget(renderer, write, request), purpose);
  }
}

/** Limits what renders for a plan: a remote base may not answer. */
const maxRenderingMs = 30_000;

/** Renders the overlay as it would be with some image: what it says of everything else is known before the build. */
async function checkOverlay(
  target: KubernetesEntry,
  renderer: Renderer,
  { repository, commit, image }: CheckRequest,
): Promise<void> {
  const digest = `sha256:${'0'.repeat(64)}`;
  const artifact = { image: `${image}@${digest}`, digest, commit };
  const source = { repository, artifact, variables: {}, secrets: {} };
  const signal = AbortSignal.timeout(maxRenderingMs);
  await renderTarget(renderer, { target, marker: { change: '', attempt: 1 }, signal }, source);
}

async function difference(
  context: ReadContext,
  renderer: Renderer,
  request: DifferenceRequest,
): Promise<TargetDifference> {
  const { objects, target } = context;
  const signal = AbortSignal.timeout(maxRenderingMs);
  const { manifests } = await renderTarget(renderer, { target, marker: { change: '', attempt: 1 }, signal }, request);
  const { namespace, workload } = target;
  const comparisons = await compareManifests(objects, { manifests, namespace, workload });
  const { text } = describeComparisons(comparisons, planLimits);
  const contested = await findContested(context, comparisons);
  const refused = contested.map((line) => `! ${line}; this release would overwrite it`);
  return { text: [...refused, ...(text === '' ? [] : [text])].join('\n'), contested };
}

async function lastWrite(context: ReadContext): Promise<Marker | undefined> {
  return recordedMarkerOf((await findWorkload(context))?.metadata.annotations);
}

async function pendingWork(context: ReadContext): Promise<string[]> {
  const seen = await readState(context);
  const changing = changingOf(context, seen);
  const running = (await listJobs(context)).filter(({ isRunning }) => isRunning);
  return [...(changing === undefined ? [] : [changing]), ...running.map(({ name }) => `Job ${name} is running`)];
}
