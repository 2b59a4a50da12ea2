import { shortDigest } from '../../../contract/artifact.ts';
import { checkFence, markerAnnotations } from '../../fence.ts';
import { finalFailure } from '../../failure.ts';
import type { MigrationReady, SyncMigrationRequest } from '../../ports/target.ts';
import { isAlreadyThere } from '../failure.ts';
import { valueAt, type Manifest } from '../manifests/manifest.ts';
import type { Rendering } from '../manifests/render.ts';
import { findJob, type JobObject, type WriteContext } from '../session.ts';
import { pinnedDigest, type WorkloadObject } from '../workload.ts';
import { jobManifest, migrationJobName } from './job-manifest.ts';

/** Kinds that a Job needs before it can start, and that change nothing for the pods that run. */
const neededKinds = ['ServiceAccount', 'ConfigMap', 'Secret'];

/**
 * Makes the Job of a migration, suspended, and reads it back: from here on its image is known, and nothing has run.
 * A repeat finds it by its name, which is a function of change and attempt (invariant I1).
 */
export async function prepareMigration(
  write: WriteContext,
  request: SyncMigrationRequest,
  rendering: Rendering,
): Promise<MigrationReady> {
  const { target, marker } = write;
  const name = migrationJobName(target.migrationJob ?? `${target.workload.name}-migrate`, marker);
  const found = (await findJob(write, name)) ?? (await createJob(write, name, request, rendering));
  checkFence(`Job ${name}`, found.metadata.annotations, marker);
  const image = imageOfJob(found);
  if (pinnedDigest(image) !== request.artifact.digest)
    throw finalFailure(
      'Drifted',
      `Job ${name} has image ${shortDigest(image)}, not ${shortDigest(request.artifact.digest)}: somebody else made it`,
    );
  return { version: found.metadata.uid ?? '', digest: request.artifact.digest, job: name };
}

async function createJob(
  write: WriteContext,
  name: string,
  { artifact, command, args, timeoutSeconds, variables, secrets }: SyncMigrationRequest,
  { manifests, container }: Rendering,
): Promise<JobObject> {
  const { objects, target, marker } = write;
  const workload = manifests.find(
    ({ kind, metadata }) => kind === target.workload.kind && metadata.name === target.workload.name,
  );
  await createNeeded(write, manifests);
  const manifest = jobManifest({
    name,
    namespace: target.namespace,
    workload: target.workload.name,
    purpose: 'migration',
    template: (workload as WorkloadObject).spec.template,
    container,
    image: artifact.image,
    command: { command, args, timeoutSeconds },
    variables,
    secrets,
    annotations: markerAnnotations(marker),
  });
  try {
    return await objects.create(manifest as unknown as Manifest);
  } catch (error) {
    const there = isAlreadyThere(error) ? await findJob(write, name) : undefined;
    if (!there) throw error;
    return there;
  }
}

/** Creates what the Job's pod refers to and what is not there yet, such as the new name of a generated ConfigMap. */
async function createNeeded({ objects }: WriteContext, manifests: readonly Manifest[]): Promise<void> {
  for (const manifest of manifests.filter(({ kind }) => neededKinds.includes(kind))) {
    if (await objects.read(manifest)) continue;
    await objects.create(manifest).catch((error: unknown) => {
      if (!isAlreadyThere(error)) throw error;
    });
  }
}

export function imageOfJob(job: JobObject): string {
  const [container] = (valueAt(job, ['spec', 'template', 'spec', 'containers']) ?? []) as { image?: string }[];
  return container?.image ?? '';
}
