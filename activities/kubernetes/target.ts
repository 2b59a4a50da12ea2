import type { KubernetesEntry } from '../../contract/catalog/targets/kubernetes.ts';
import type { Marker } from '../../contract/fence.ts';
import { finalFailure } from '../failure.ts';
import { recordedMarkerOf } from '../fence.ts';
import type { Images } from '../ports/index.ts';
import type {
  CheckRequest,
  DifferenceRequest,
  JobReady,
  SecretInUse,
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
import type { Rendering } from './manifests/render.ts';
import { renderTarget, type Renderer, type RenderSource } from './rendering.ts';
import { restartPods } from './restart.ts';
import { restoreSnapshot } from './restore.ts';
import { findWorkload, readContext, writeContext, type ReadContext } from './session.ts';
import { applyAndRollOut } from './shift.ts';
import { keepVersions, readsVersion, referencesIn, unreadableSecrets } from './secret-versions.ts';
import { stageManifests, stageSecrets } from './stage.ts';
import { stampWorkload } from './stamp.ts';
import { changingOf, knownRevisions, readState, takeSnapshot } from './state.ts';
import { describeWorkload } from './workload.ts';

/** Makes the target of a workload in a cluster, with its Jobs (runbooks 001 and 003). */
export function createKubernetesTarget(
  clients: KubernetesClients,
  renderer: Renderer,
  images: Images,
): Target<KubernetesEntry> {
  return {
    observe: (target) => classified(async () => (await readState(readContext(clients, target))).live),
    revisions: (target) => classified(() => knownRevisions(readContext(clients, target))),
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
        return stageManifests(write, request, await renderNext(write, renderer, request));
      }),
    syncMigration: (target, request) => classified(() => syncJob(target, request, 'migration')),
    syncSmoke: (target, request) => classified(() => syncJob(target, request, 'smoke')),
    syncEvidence: (target, request) => classified(() => syncJob(target, request, 'evidence')),
    runJob: (target, request) => classified(() => runJobOnce(writeContext(clients, target, request), request)),
    shift: (target, request) => classified(() => applyAndRollOut(writeContext(clients, target, request), request)),
    restart: (target, request) => classified(() => restartPods(writeContext(clients, target, request), request)),
    secretsInUse: (target, revision) => classified(() => secretsInUse(readContext(clients, target), revision)),
    secretReaders: (target, secret, version) =>
      classified(() => secretReaders(readContext(clients, target), secret, version)),
    stageSecrets: (target, request) => classified(() => stageSecrets(writeContext(clients, target, request), request)),
    // No Job stands beside a workload: each is made of what lives by then.
    syncJobSecrets: () => Promise.resolve(),
    readBack: (target, request) => classified(() => readBackState(readContext(clients, target), request, images)),
    settingsDrift: (target) => classified(() => secretsDrift(readContext(clients, target))),
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
    return prepareJob(write, request, await renderNext(write, renderer, request), purpose);
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
  const source = { ...context, marker: { change: '', attempt: 1 }, signal };
  const { manifests } = await renderNext(source, renderer, request);
  const { namespace, workload } = target;
  const comparisons = await compareManifests(objects, { manifests, namespace, workload });
  const { text } = describeComparisons(comparisons, planLimits);
  const contested = await findContested(context, comparisons);
  const refused = contested.map((line) => `! ${line}; this release would overwrite it`);
  return { text: [...refused, ...(text === '' ? [] : [text])].join('\n'), contested };
}

/** Renders what is applied next: the overlay, with the versions of secrets that live by now. */
async function renderNext(
  context: ReadContext & Parameters<typeof renderTarget>[1],
  renderer: Renderer,
  source: RenderSource,
): Promise<Rendering> {
  const [rendering, live] = await Promise.all([renderTarget(renderer, context, source), findWorkload(context)]);
  return keepVersions(rendering, live);
}

async function secretsInUse(context: ReadContext, name: string): Promise<SecretInUse[]> {
  const { revisions } = await readState(context);
  const revision = revisions.find((one) => one.name === name);
  if (!revision)
    throw finalFailure('Missing', `revision ${name} of ${describeWorkload(context.target)} cannot be read`);
  return referencesIn(context, revision.template);
}

/** Lists versions that new pods would not find. What else somebody has changed, `readBack` says field by field. */
async function secretsDrift(context: ReadContext): Promise<string[]> {
  const workload = await findWorkload(context);
  const problems = workload ? await unreadableSecrets(context, workload.spec.template) : [];
  return problems.map((problem) => `a new pod of ${describeWorkload(context.target)} would not start: ${problem}`);
}

/** Lists what reads a version: the workload's template, and the revisions that have ready pods. */
async function secretReaders(context: ReadContext, secret: string, version: string): Promise<string[]> {
  const { live, revisions, workload } = await readState(context);
  if (!workload) return [];
  const serving = revisions.filter(({ name }) => live.serving.some(({ revision }) => revision === name));
  const readers = [
    { name: `the template of ${describeWorkload(context.target)}`, template: workload.spec.template },
    ...serving.map(({ name, template }) => ({ name: `revision ${name}`, template })),
  ];
  const found = readers.map(async ({ name, template }) =>
    (await readsVersion(context, template, secret, version)) ? [name] : [],
  );
  return (await Promise.all(found)).flat();
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
