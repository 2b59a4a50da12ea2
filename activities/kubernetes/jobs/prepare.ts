import type { V1PodSpec } from '@kubernetes/client-node';
import { digestOrEmpty, shortDigest } from '../../../contract/artifact.ts';
import { evidenceJobOf, smokeJobOf } from '../../../contract/catalog/targets/index.ts';
import { checkFence, markerAnnotations } from '../../fence.ts';
import { finalFailure } from '../../failure.ts';
import type { JobReady, SyncJobRequest } from '../../ports/target.ts';
import { isWorkload, listAt, valueAt, type Manifest } from '../manifests/manifest.ts';
import type { Rendering } from '../manifests/render.ts';
import { findJob, type JobObject, type WriteContext } from '../session.ts';
import type { WorkloadObject } from '../workload.ts';
import { copiesFor, createCopies, isCopied, readingCopies, type Copy } from './copies.ts';
import { jobManifest, jobName, type JobPurpose } from './job-manifest.ts';

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
  const copies = copiesFor(name, rendering.manifests);
  const made = { name, purpose, copies };
  const found = (await findJob(write, name)) ?? (await createJob(write, made, request, rendering));
  checkFence(`Job ${name}`, found.metadata.annotations, marker);
  const image = imageOfJob(found);
  if (digestOrEmpty(image) !== request.artifact.digest)
    throw finalFailure(
      'Drifted',
      `Job ${name} has image ${shortDigest(image)}, not ${shortDigest(request.artifact.digest)}: somebody else made it`,
    );
  await createCopies(write, found, copies);
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
  { name, purpose, copies }: { name: string; purpose: JobPurpose; copies: readonly Copy[] },
  { artifact, command, args, timeoutSeconds }: SyncJobRequest,
  { manifests, container, migration }: Rendering,
): Promise<JobObject> {
  const { objects, target, marker } = write;
  const pattern = purpose === 'migration' ? migration : undefined;
  const source = pattern?.job ?? manifests.find((manifest) => isWorkload(manifest, target.workload));
  const { template } = (source as WorkloadObject).spec;
  await createNeeded(write, manifests);
  const manifest = jobManifest({
    name,
    namespace: target.namespace,
    workload: target.workload.name,
    purpose,
    template: {
      ...template,
      spec: template.spec && readingCopies(withPullSecrets(template.spec, manifests), copies),
    },
    container: pattern?.container ?? container,
    image: artifact.image,
    command: { command, args, timeoutSeconds },
    annotations: markerAnnotations(marker),
  });
  return objects.createOrFind(manifest as unknown as Manifest);
}

/**
 * Names the pull secrets of the overlay's account in the pod itself, so that it reads what the overlay says, and not
 * what the account has in the cluster until the roll-out. Platform: Kubernetes, ServiceAccount admission controller,
 * which adds them to a pod that names none.
 */
function withPullSecrets(spec: V1PodSpec, manifests: readonly Manifest[]): V1PodSpec {
  const name = spec.serviceAccountName ?? 'default';
  const account = manifests.find(({ kind, metadata }) => kind === 'ServiceAccount' && metadata.name === name);
  const imagePullSecrets = account ? listAt(account, ['imagePullSecrets']) : [];
  return (spec.imagePullSecrets ?? []).length > 0 || imagePullSecrets.length === 0
    ? spec
    : { ...spec, imagePullSecrets };
}

/**
 * Creates what a Job needs beside its copies and what is not there yet: its account, and what others fill. An account
 * is never copied: what it may do is bound to its name, in the cluster and in clouds.
 */
async function createNeeded({ objects }: WriteContext, manifests: readonly Manifest[]): Promise<void> {
  const accounts = manifests.filter(({ kind }) => kind === 'ServiceAccount');
  const filledByOthers = manifests.filter((one) => ['ConfigMap', 'Secret'].includes(one.kind) && !isCopied(one));
  for (const manifest of [...accounts, ...filledByOthers]) {
    if (!(await objects.read(manifest))) await objects.createOrFind(manifest);
  }
}

export function imageOfJob(job: JobObject): string {
  const [container] = (valueAt(job, ['spec', 'template', 'spec', 'containers']) ?? []) as { image?: string }[];
  return container?.image ?? '';
}
