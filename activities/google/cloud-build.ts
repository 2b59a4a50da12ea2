import type { protos } from '@google-cloud/cloudbuild';
import type { Artifact } from '../../contract/artifact.ts';
import type { BuildEntry, CatalogFile } from '../../contract/catalog/catalog.ts';
import { finalFailure } from '../failure.ts';
import { quoted } from '../../contract/catalog/targets/logging-query.ts';
import type { Builds } from '../ports/index.ts';
import type { Progress } from '../ports/target.ts';
import { commitOfImage, digestOfTag, isStored } from './artifact-registry.ts';
import { oneLine } from '../one-line.ts';
import { call, type Caller } from './call.ts';
import type { GoogleClients } from './clients.ts';
import { classified } from './failure.ts';
import { readEntries } from './logging.ts';
import { follow } from './polling.ts';

type Build = protos.google.devtools.cloudbuild.v1.IBuild;

const running: readonly string[] = ['PENDING', 'QUEUED', 'WORKING'];
const shownLogLines = 5;

interface Work {
  build: BuildEntry;
  repository: CatalogFile['repository'];
  commit: string;
  change: string;
  progress: Progress;
  signal: AbortSignal;
}

/**
 * Builds by Cloud Build (runbook 000, deploy sequence, step 1). A commit is built once: its build is found again by the
 * image's tag, the full commit.
 */
export function createCloudBuilds(clients: GoogleClients): Builds {
  const caller: Caller = { callTimeoutMs: clients.callTimeoutMs };
  return {
    find: (build, commit) => classified(() => findArtifact(clients, caller, build, commit)),
    commitOf: (_build, image) => classified(() => commitOfImage(clients, caller, image)),
    isStored: (_build, image) => classified(() => isStored(clients, caller, image)),
    run: (build, repository, commit, change, progress, signal) =>
      classified(() =>
        buildOnce(clients, { ...caller, signal }, { build, repository, commit, change, progress, signal }),
      ),
  };
}

async function findArtifact(
  clients: GoogleClients,
  caller: Caller,
  { image }: BuildEntry,
  commit: string,
): Promise<Artifact | undefined> {
  const digest = await digestOfTag(clients, caller, image, commit);
  return digest ? { image: `${image}@${digest}`, digest, commit } : undefined;
}

async function buildOnce(clients: GoogleClients, caller: Caller, work: Work): Promise<Artifact> {
  const { build, commit } = work;
  const before = await findArtifact(clients, caller, build, commit);
  if (before) return before;
  const id = (await findRunning(clients, caller, work)) ?? (await startBuild(clients, caller, work));
  const ended = await followBuild(clients, caller, work, id);
  if (ended.status !== 'SUCCESS') throw await failedBuild(clients, caller, build, id, ended);
  const digest = ended.results?.images?.find(({ name }) => name === `${build.image}:${commit}`)?.digest;
  if (digest) return { image: `${build.image}@${digest}`, digest, commit };
  const artifact = await findArtifact(clients, caller, build, commit);
  if (!artifact)
    throw finalFailure('GateFailed', `build ${id} succeeded, but there is no image ${build.image}:${commit}`);
  return artifact;
}

/** Finds a running build of the commit: of an attempt whose answer was lost, or of another environment's change. */
async function findRunning(
  clients: GoogleClients,
  caller: Caller,
  { build, commit }: Work,
): Promise<string | undefined> {
  const request = {
    parent: parentOf(build),
    projectId: build.project,
    filter: `tags="${tagOf(commit)}"`,
    pageSize: 50,
  };
  const found = await call(caller, `look for a build of ${commit}`, (options) =>
    clients.builds.listBuilds(request, { ...options, autoPaginate: false }),
  );
  // A repository may hold several services: only a build of this image counts.
  const image = `${build.image}:${commit}`;
  return (
    found.find(({ status, images }) => running.includes(String(status)) && images?.includes(image))?.id ?? undefined
  );
}

async function startBuild(clients: GoogleClients, caller: Caller, work: Work): Promise<string> {
  const { build, commit } = work;
  const request = { parent: parentOf(build), projectId: build.project, build: buildOf(work) };
  const operation = await call(caller, `build commit ${commit}`, (options) =>
    clients.builds.createBuild(request, options),
  );
  const id = (operation.metadata as protos.google.devtools.cloudbuild.v1.IBuildOperationMetadata | null)?.build?.id;
  if (!id)
    throw finalFailure('Unknown', `Cloud Build accepted commit ${commit}, but its answer does not name the build`);
  return id;
}

/**
 * Describes the build; without own steps buildpacks make the image. In the arguments of own steps `{image}` stands for
 * the image with its tag, `{commit}` for the commit. Platform: Cloud Build v1, Build.source.git_source.
 */
function buildOf({ build, repository, commit, change }: Work): Build {
  const image = `${build.image}:${commit}`;
  const pack = {
    name: 'gcr.io/k8s-skaffold/pack',
    entrypoint: 'pack',
    args: ['build', image, '--builder', 'gcr.io/buildpacks/builder'],
  };
  return {
    source: { gitSource: { url: repository.url, revision: commit, ...(build.directory && { dir: build.directory }) } },
    steps: build.steps?.map(({ name, args }) => ({
      name,
      args: args.map((argument) => argument.replaceAll('{image}', image).replaceAll('{commit}', commit)),
    })) ?? [pack],
    images: [image],
    tags: [tagOf(commit), `slipway-change-${change}`],
    timeout: { seconds: build.timeoutMinutes * 60 },
  };
}

async function followBuild(
  clients: GoogleClients,
  caller: Caller,
  { build, progress, signal }: Work,
  id: string,
): Promise<Build> {
  const request = { name: `${parentOf(build)}/builds/${id}`, projectId: build.project, id };
  return follow({
    read: () => call(caller, `read build ${id}`, (options) => clients.builds.getBuild(request, options)),
    ended: ({ status }) => !running.includes(String(status)),
    tell: ({ status, logUrl }) => ({ build: id, status: String(status), log: logUrl ?? '' }),
    progress,
    signal,
  });
}

async function failedBuild(
  clients: GoogleClients,
  caller: Caller,
  build: BuildEntry,
  id: string,
  ended: Build,
): Promise<Error> {
  const lines = await lastLines(clients, caller, build.project, id);
  const why =
    [ended.failureInfo?.detail || ended.statusDetail, lines && `last lines: ${lines}`].filter(Boolean).join('; ') ||
    'no detail';
  return finalFailure(
    'GateFailed',
    `build ${id} ended as ${String(ended.status)}: ${oneLine(why)}; log: ${ended.logUrl || 'none'}`,
  );
}

/**
 * Reads the last lines of a build's log, oldest first. The build has failed either way, so an unreadable log is no
 * further failure.
 */
async function lastLines(clients: GoogleClients, caller: Caller, project: string, id: string): Promise<string> {
  const filter = `resource.type="build" AND resource.labels.build_id=${quoted(id)}`;
  const entries = await readEntries(clients, caller, project, filter, shownLogLines).catch(() => []);
  return entries
    .map(({ text }) => text)
    .reverse()
    .join(' | ');
}

function parentOf({ project, region }: BuildEntry): string {
  return `projects/${project}/locations/${region}`;
}

function tagOf(commit: string): string {
  return `slipway-${commit.slice(0, 12)}`;
}
