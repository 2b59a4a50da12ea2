import type { Artifact } from '../../../contract/artifact.ts';
import { finalFailure } from '../../failure.ts';
import { buildByPack, missingForPack } from '../../pack/index.ts';
import type { Builds, Sources } from '../../ports/index.ts';
import type { Work } from '../../ports/work.ts';
import { commitOfImage, digestOfTag, isStored } from '../artifact-registry.ts';
import type { Caller } from '../call.ts';
import type { GoogleClients } from '../clients.ts';
import { classified } from '../failure.ts';
import { lackToPush } from '../rights.ts';
import { buildByCloudBuild, findBuildOf } from './cloud-build.ts';
import { buildByCloudRun } from './cloud-run.ts';

/**
 * Makes images of commits (runbook 000, deploy sequence, step 1; runbook 002, sections 4 and 5). A commit is built
 * once: its image is found again by its tag, the full commit.
 */
export function createBuilds(clients: GoogleClients, sources: Sources): Builds {
  const caller: Caller = { callTimeoutMs: clients.callTimeoutMs };
  return {
    find: (build, commit) => classified(() => findArtifact(clients, caller, build, commit)),
    commitOf: (_build, image) => classified(() => commitOfImage(clients, caller, image)),
    builtBy: (build, repository, artifact) =>
      classified(async () =>
        build.kind === 'pack' ? null : findBuildOf(clients, caller, build, repository, artifact),
      ),
    isStored: (_build, image) => classified(() => isStored(clients, caller, image)),
    missing: (build) =>
      classified(async () =>
        build.kind === 'pack' ? ((await missingForPack()) ?? (await lackToPush(clients, build.image))) : null,
      ),
    run: (work) => classified(() => buildOnce(clients, sources, { ...caller, signal: work.signal }, work)),
  };
}

async function findArtifact(
  clients: GoogleClients,
  caller: Caller,
  { image }: { image: string },
  commit: string,
): Promise<Artifact | undefined> {
  const digest = await digestOfTag(clients, caller, image, commit);
  return digest ? { image: `${image}@${digest}`, digest, commit } : undefined;
}

async function buildOnce(clients: GoogleClients, sources: Sources, caller: Caller, work: Work): Promise<Artifact> {
  const { build, commit } = work;
  const before = await findArtifact(clients, caller, build, commit);
  if (before) return before;
  const digest = await buildImage(clients, sources, caller, work);
  if (digest) return { image: `${build.image}@${digest}`, digest, commit };
  const artifact = await findArtifact(clients, caller, build, commit);
  if (!artifact)
    throw finalFailure('GateFailed', `the build succeeded, but there is no image ${build.image}:${commit}`);
  return artifact;
}

/** Builds and answers the digest; undefined where only the registry knows it. */
async function buildImage(
  clients: GoogleClients,
  sources: Sources,
  caller: Caller,
  { build, ...work }: Work,
): Promise<string | undefined> {
  if (build.kind === 'cloudRun') return buildByCloudRun(clients, sources, caller, { ...work, build });
  if (build.kind === 'pack') return buildByPack(sources, { ...work, build });
  return buildByCloudBuild(clients, sources, caller, { ...work, build });
}
