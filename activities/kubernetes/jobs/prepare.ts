import { digestOrEmpty, shortDigest } from '../../../contract/artifact.ts';
import { evidenceJobOf, smokeJobOf } from '../../../contract/catalog/targets/index.ts';
import { checkFence, markerAnnotations } from '../../fence.ts';
import { finalFailure } from '../../failure.ts';
import type { JobReady, SyncJobRequest } from '../../ports/target.ts';
import { isWorkload, valueAt, type Manifest } from '../manifests/manifest.ts';
import type { Rendering } from '../manifests/render.ts';
import { findJob, type JobObject, type WriteContext } from '../session.ts';
import type { WorkloadObject } from '../workload.ts';
import { jobManifest, jobName, type JobPurpose } from './job-manifest.ts';

/** Kinds that a Job needs before it can start, and that change nothing for the pods that run. */
const neededKinds = ['ServiceAccount', 'ConfigMap', 'Secret'];

/**
 * Makes the Job of a migration or a smoke, suspended, and reads it back: from here on its image is known, and nothing
 * has run. A repeat finds it by its name, which is a function of change and attempt (invariant I1).
 */
export async function prepareJob(
  write: WriteContext,
  request: SyncJobRequest,
  rendering: Rendering,
  purpose: JobPurpose,
): Promise<JobReady> {
  const { target, marker } = write;
  const name = jobName(prefixOf(target, purpose), marker);
  const found = (await findJob(write, name)) ?? (await createJob(write, { name, purpose }, request, rendering));
  checkFence(`Job ${name}`, found.metadata.annotations, marker);
  const image = imageOfJob(found);
  if (digestOrEmpty(image) !== request.artifact.digest)
    throw finalFailure(
      'Drifted',
      `Job ${name} has image ${shortDigest(image)}, not ${shortDigest(request.artifact.digest)}: somebody else made it`,
    );
  return { version: found.metadata.uid ?? '', digest: request.artifact.digest, job: name };
}

function prefixOf(target: WriteContext['target'], purpose: JobPurpose): string {
  const { name } = target.workload;
  if (purpose === 'smoke') return smokeJobOf(target) ?? `${name}-smoke`;
  if (purpose === 'evidence') return evidenceJobOf(target) ?? `${name}-evidence`;
  return target.migrationJob ?? `${name}-migrate`;
}

async function createJob(
  write: WriteContext,
  { name, purpose }: { name: string; purpose: JobPurpose },
  { artifact, command, args, timeoutSeconds }: SyncJobRequest,
  { manifests, container, migration }: Rendering,
): Promise<JobObject> {
  const { objects, target, marker } = write;
  const pattern = purpose === 'migration' ? migration : undefined;
  const source = pattern?.job ?? manifests.find((manifest) => isWorkload(manifest, target.workload));
  await createNeeded(write, manifests);
  const manifest = jobManifest({
    name,
    namespace: target.namespace,
    workload: target.workload.name,
    purpose,
    template: (source as WorkloadObject).spec.template,
    container: pattern?.container ?? container,
    image: artifact.image,
    command: { command, args, timeoutSeconds },
    annotations: markerAnnotations(marker),
  });
  return objects.createOrFind(manifest as unknown as Manifest);
}

/** Creates what the Job's pod refers to and what is not there yet, such as the new name of a generated ConfigMap. */
async function createNeeded({ objects }: WriteContext, manifests: readonly Manifest[]): Promise<void> {
  for (const manifest of manifests.filter(({ kind }) => neededKinds.includes(kind))) {
    if (!(await objects.read(manifest))) await objects.createOrFind(manifest);
  }
}

export function imageOfJob(job: JobObject): string {
  const [container] = (valueAt(job, ['spec', 'template', 'spec', 'containers']) ?? []) as { image?: string }[];
  return container?.image ?? '';
}
