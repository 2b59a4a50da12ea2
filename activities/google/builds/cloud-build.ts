import type { protos } from '@google-cloud/cloudbuild';
import { sha256 } from '../../../catalog/canonical-json.ts';
import type { Artifact } from '../../../contract/artifact.ts';
import { defaultBuilder, type BuildEntryOf } from '../../../contract/catalog/build.ts';
import { quoted } from '../../../contract/catalog/targets/logging-query.ts';
import { isPrivate, type RepositoryEntry } from '../../../contract/catalog/repository.ts';
import { finalFailure } from '../../failure.ts';
import { needing } from '../failure.ts';
import { oneLine } from '../../one-line.ts';
import type { Sources } from '../../ports/index.ts';
import type { Work } from '../../ports/work.ts';
import { call, type Caller } from '../call.ts';
import type { GoogleClients } from '../clients.ts';
import { readEntries } from '../logging.ts';
import { follow } from '../polling.ts';
import { sourceObjectPrefix, uploadSource } from './source-upload.ts';

type Build = protos.google.devtools.cloudbuild.v1.IBuild;
type Place = Pick<BuildEntryOf<'cloudBuild'>, 'project' | 'region'>;
/** Work whose build Cloud Build knows, whoever submitted it. */
type CloudWork = Work<BuildEntryOf<'cloudBuild'> | BuildEntryOf<'cloudRun'>>;

const running: readonly string[] = ['PENDING', 'QUEUED', 'WORKING'];
const shownLogLines = 5;

/** Builds by Cloud Build. Answers the digest; undefined where only the registry knows it. */
export function buildByCloudBuild(
  clients: GoogleClients,
  sources: Sources,
  caller: Caller,
  work: Work<BuildEntryOf<'cloudBuild'>>,
): Promise<string | undefined> {
  return followedBuild(clients, caller, work, async () =>
    startBuild(clients, caller, work, await sourceOf(clients, sources, caller, work)),
  );
}

/** Finds what Cloud Build gets: the repository, which it fetches itself, or an upload where it cannot or need not. */
async function sourceOf(
  clients: GoogleClients,
  sources: Sources,
  caller: Caller,
  work: Work<BuildEntryOf<'cloudBuild'>>,
): Promise<NonNullable<Build['source']>> {
  const { build, repository, commit } = work;
  if (!isPrivate(repository) && build.sourceBucket === undefined)
    return { gitSource: { url: repository.url, revision: commit, ...(build.directory && { dir: build.directory }) } };
  return {
    storageSource: await uploadSource(clients, sources, caller, { ...work, directory: undefined, added: null }),
  };
}

/** Follows a build to its end: the one that runs, else the one that `start` begins and names. */
export async function followedBuild(
  clients: GoogleClients,
  caller: Caller,
  work: CloudWork,
  start: () => Promise<string>,
): Promise<string | undefined> {
  const { build, commit } = work;
  const id = (await findRunning(clients, caller, work)) ?? (await start());
  const ended = await followBuild(clients, caller, work, id);
  if (ended.status !== 'SUCCESS') throw await failedBuild(clients, caller, build, id, ended);
  return ended.results?.images?.find(({ name }) => name === `${build.image}:${commit}`)?.digest ?? undefined;
}

/** Finds a running build of the commit: of an attempt whose answer was lost, or of another environment's change. */
async function findRunning(clients: GoogleClients, caller: Caller, work: CloudWork): Promise<string | undefined> {
  const found = await listBuilds(clients, caller, work);
  return found.find(({ status }) => running.includes(String(status)))?.id ?? undefined;
}

/**
 * Names a build of ours that made this digest of the artifact's commit; null if there is none. A tag alone says
 * nothing: the build was given the commit, and its results have the digest. Platform: Cloud Build v1, Build.results.
 */
export async function findBuildOf(
  clients: GoogleClients,
  caller: Caller,
  build: CloudWork['build'],
  { url }: RepositoryEntry,
  { commit, digest }: Artifact,
): Promise<string | null> {
  const found = await listBuilds(clients, caller, { build, commit });
  const name = `${build.image}:${commit}`;
  const made = found.find(
    ({ status, results, source, sourceProvenance }) =>
      String(status) === 'SUCCESS' &&
      results?.images?.some((image) => image.name === name && image.digest === digest) &&
      (source?.storageSource?.object?.startsWith(sourceObjectPrefix(build, commit)) ||
        (source?.gitSource?.url === url &&
          (sourceProvenance?.resolvedGitSource?.revision ?? source.gitSource.revision) === commit)),
  );
  return made?.id ?? null;
}

/** Lists the newest builds of a commit's image. A repository may hold several services: only this image counts. */
async function listBuilds(
  clients: GoogleClients,
  caller: Caller,
  { build, commit }: Pick<CloudWork, 'build' | 'commit'>,
): Promise<Build[]> {
  const request = {
    parent: parentOf(build),
    projectId: build.project,
    filter: `tags="${tagOf(commit)}"`,
    pageSize: 50,
  };
  const found = await needing('cloudbuild.builds.list', () =>
    call(caller, `look for a build of ${commit}`, (options) =>
      clients.builds.listBuilds(request, { ...options, autoPaginate: false }),
    ),
  );
  const imageTag = imageTagOf(build.image);
  return found.filter(({ tags }) => tags?.includes(imageTag));
}

async function startBuild(
  clients: GoogleClients,
  caller: Caller,
  work: Work<BuildEntryOf<'cloudBuild'>>,
  source: NonNullable<Build['source']>,
): Promise<string> {
  const { build, commit } = work;
  const request = { parent: parentOf(build), projectId: build.project, build: buildOf(work, source) };
  const operation = await needing('cloudbuild.builds.create', () =>
    call(caller, `build commit ${commit}`, (options) => clients.builds.createBuild(request, options)),
  );
  const id = (operation.metadata as protos.google.devtools.cloudbuild.v1.IBuildOperationMetadata | null)?.build?.id;
  if (!id)
    throw finalFailure('Unknown', `Cloud Build accepted commit ${commit}, but its answer does not name the build`);
  return id;
}

/**
 * Describes the build; without own steps buildpacks make the image. In the arguments of own steps `{image}` stands for
 * the image with its tag, `{commit}` for the commit. In an upload, which has the whole commit, each step names the
 * folder that is built. Platform: Cloud Build v1, Build.source and BuildStep.dir.
 */
function buildOf(work: Work<BuildEntryOf<'cloudBuild'>>, source: NonNullable<Build['source']>): Build {
  const { build, commit } = work;
  const image = `${build.image}:${commit}`;
  // Cloud Build takes `$NAME` in an argument for a substitution, and `$$` for a dollar.
  const variables = Object.entries(build.environment ?? {}).flatMap(([name, value]) => [
    '--env',
    `${name}=${value.replaceAll('$', '$$$$')}`,
  ]);
  const pack = {
    name: 'gcr.io/k8s-skaffold/pack',
    entrypoint: 'pack',
    args: ['build', image, '--builder', build.builder ?? defaultBuilder, ...variables],
  };
  const steps = build.steps?.map(({ name, args }) => ({
    name,
    args: args.map((argument) => argument.replaceAll('{image}', image).replaceAll('{commit}', commit)),
  })) ?? [pack];
  return {
    source,
    steps: source.storageSource && build.directory ? steps.map((step) => ({ ...step, dir: build.directory })) : steps,
    images: [image],
    tags: tagsOf(work),
    timeout: { seconds: build.timeoutMinutes * 60 },
  };
}

async function followBuild(
  clients: GoogleClients,
  caller: Caller,
  { build, progress, signal }: CloudWork,
  id: string,
): Promise<Build> {
  const request = { name: `${parentOf(build)}/builds/${id}`, projectId: build.project, id };
  return follow({
    read: () =>
      needing('cloudbuild.builds.get', () =>
        call(caller, `read build ${id}`, (options) => clients.builds.getBuild(request, options)),
      ),
    ended: ({ status }) => !running.includes(String(status)),
    tell: ({ status, logUrl }) => ({
      waitingFor: `Cloud Build to finish build ${id}, which is ${String(status).toLowerCase()}`,
      seen: logUrl ? [`its log is at ${logUrl}`] : [],
    }),
    progress,
    signal,
  });
}

async function failedBuild(
  clients: GoogleClients,
  caller: Caller,
  build: Place,
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

export function parentOf({ project, region }: Place): string {
  return `projects/${project}/locations/${region}`;
}

/** Lists the tags by which a build is found again. */
export function tagsOf({ build, commit, change }: CloudWork): string[] {
  return [tagOf(commit), imageTagOf(build.image), `slipway-change-${change}`];
}

function tagOf(commit: string): string {
  return `slipway-${commit.slice(0, 12)}`;
}

function imageTagOf(image: string): string {
  return `slipway-image-${sha256(image).slice(0, 12)}`;
}
