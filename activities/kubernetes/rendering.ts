import type { V1EnvVar, V1PodTemplateSpec } from '@kubernetes/client-node';
import type { Artifact } from '../../contract/artifact.ts';
import { repositoryOf } from '../../contract/artifact.ts';
import type { CatalogFile } from '../../contract/catalog/catalog.ts';
import type { Sources } from '../ports/index.ts';
import { isWorkload, withValueAt, type Manifest } from './manifests/manifest.ts';
import { renderCommit, type Rendering, type RenderRequest } from './manifests/render.ts';
import type { WriteContext } from './session.ts';
import type { WorkloadObject } from './workload.ts';

/** Holds what renders overlays on this worker. */
export interface Renderer {
  sources: Pick<Sources, 'checkout'>;
  /** Path of kubectl; undefined for the usual one. */
  kubectl?: string | undefined;
}

/** Says which commit is rendered, and what the catalog adds to the container. */
export interface RenderSource {
  repository: CatalogFile['repository'];
  artifact: Artifact;
  variables: Record<string, string>;
  secrets: Record<string, { secret: string; version: string }>;
}

/** Renders the overlay of the artifact's commit with its image, and with the catalog's variables on the container. */
export async function renderTarget(
  { sources, kubectl }: Renderer,
  { target, marker, signal }: Pick<WriteContext, 'target' | 'signal'> & Pick<RenderRequest, 'marker'>,
  { repository, artifact, variables, secrets }: RenderSource,
): Promise<Rendering> {
  const { overlay, namespace, workload, container, image, migrationJob, leaveOut } = target;
  const rendering = await renderCommit(sources, repository, artifact.commit, {
    overlay,
    namespace,
    workload,
    ...(container !== undefined && { container }),
    image: image ?? repositoryOf(artifact.image),
    artifact,
    migrationJob,
    leaveOut,
    marker,
    signal,
    ...(kubectl !== undefined && { kubectl }),
  });
  const settings = { variables, secrets };
  const manifests = rendering.manifests.map((manifest) =>
    isWorkload(manifest, workload) ? withSettings(manifest, rendering.container, settings) : manifest,
  );
  const { migration } = rendering;
  if (!migration) return { ...rendering, manifests };
  const job = withSettings(migration.job, migration.container, settings);
  return { ...rendering, manifests, migration: { ...migration, job } };
}

/** Sets variables and secrets on the container of an object with pods. */
function withSettings(
  workload: Manifest,
  container: string,
  { variables, secrets }: Pick<RenderSource, 'variables' | 'secrets'>,
): Manifest {
  if (Object.keys(variables).length + Object.keys(secrets).length === 0) return workload;
  const { template } = (workload as WorkloadObject).spec;
  const containers = (template.spec?.containers ?? []).map((one) =>
    one.name === container ? { ...one, env: withVariables(one.env ?? [], variables, secrets) } : one,
  );
  const changed: V1PodTemplateSpec = { ...template, spec: { ...template.spec, containers } };
  return withValueAt(workload, ['spec', 'template'], changed);
}

/** Puts variables and references to secrets over those that the container has; a secret is `name/key`. */
function withVariables(
  env: readonly V1EnvVar[],
  variables: RenderSource['variables'],
  secrets: RenderSource['secrets'],
): V1EnvVar[] {
  const set = [
    ...Object.entries(variables).map(([name, value]) => ({ name, value })),
    ...Object.entries(secrets).map(([name, { secret }]) => ({
      name,
      valueFrom: { secretKeyRef: secretKey(secret, name) },
    })),
  ];
  return [...env.filter(({ name }) => !set.some((one) => one.name === name)), ...set];
}

function secretKey(secret: string, variable: string): { name: string; key: string } {
  const [name = secret, key = variable] = secret.split('/');
  return { name, key };
}
