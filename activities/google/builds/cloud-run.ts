import { protos as cloudBuildProtos } from '@google-cloud/cloudbuild';
import type { protos } from '@google-cloud/run';
import type { BuildEntryOf } from '../../../contract/catalog/build.ts';
import { manifestFile } from '../../configuration/manifest.ts';
import { finalFailure } from '../../failure.ts';
import type { Sources } from '../../ports/index.ts';
import type { Work } from '../../ports/work.ts';
import { call, type Caller } from '../call.ts';
import type { GoogleClients } from '../clients.ts';
import { followedBuild, parentOf, tagsOf } from './cloud-build.ts';
import { uploadSource, type StorageSource } from './source-upload.ts';

type SubmitRequest = protos.google.cloud.run.v2.ISubmitBuildRequest;
type SourceWork = Work<BuildEntryOf<'cloudRun'>>;

/**
 * Has Cloud Run build the source, as a deploy from source does: the source goes to a bucket, Cloud Run submits a build
 * of it, and Cloud Build tells how that ends. Platform: Cloud Run Admin v2, Builds.SubmitBuild.
 */
export function buildByCloudRun(
  clients: GoogleClients,
  sources: Sources,
  caller: Caller,
  work: SourceWork,
): Promise<string | undefined> {
  return followedBuild(clients, caller, work, async () => {
    const content = { directory: work.build.directory, added: await manifestFile(sources, work) };
    return submit(clients, caller, work, await uploadSource(clients, sources, caller, { ...work, ...content }));
  });
}

async function submit(
  clients: GoogleClients,
  caller: Caller,
  work: SourceWork,
  storageSource: StorageSource,
): Promise<string> {
  const { build, commit } = work;
  const request: SubmitRequest = {
    parent: parentOf(build),
    storageSource,
    imageUri: `${build.image}:${commit}`,
    tags: tagsOf(work),
    client: 'slipway',
    ...(build.serviceAccount && {
      serviceAccount: `projects/${build.project}/serviceAccounts/${build.serviceAccount}`,
    }),
    ...(build.with === 'docker'
      ? { dockerBuild: {} }
      : {
          buildpackBuild: {
            environmentVariables: build.environment ?? {},
            ...(build.cache === true && { cacheImageUri: `${build.image}/cache:latest` }),
          },
        }),
  };
  const { buildOperation } = await call(caller, `submit the source of commit ${commit}`, (options) =>
    clients.sourceBuilds.submitBuild(request, options),
  );
  const id = buildIdOf(buildOperation?.metadata?.value);
  if (!id) throw finalFailure('Unknown', `Cloud Run accepted commit ${commit}, but its answer does not name the build`);
  return id;
}

/** Reads the build's id of an operation's metadata. Platform: Cloud Build v1, BuildOperationMetadata. */
function buildIdOf(metadata: Uint8Array | string | null | undefined): string | null | undefined {
  if (!(metadata instanceof Uint8Array)) return undefined;
  return cloudBuildProtos.google.devtools.cloudbuild.v1.BuildOperationMetadata.decode(metadata).build?.id;
}
