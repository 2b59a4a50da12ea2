import { parseAllDocuments } from 'yaml';
import { canonicalJson, sha256 } from '../../../catalog/canonical-json.ts';
import { repositoryOf, type Artifact } from '../../../contract/artifact.ts';
import type { CatalogFile } from '../../../contract/catalog/catalog.ts';
import { describeProblems } from '../../../contract/failures.ts';
import type { Marker } from '../../../contract/fence.ts';
import { finalFailure } from '../../failure.ts';
import type { Sources } from '../../ports/index.ts';
import { annotatePods } from './annotations.ts';
import { buildOverlay } from './kustomize.ts';
import { describeObject, isRecord, isWorkload, type Manifest, type Workload } from './manifest.ts';
import { inOrder, isClusterKind } from './order.ts';
import { containersWith, problemsOf } from './problems.ts';
import { encodeSecret } from './secret-values.ts';
import { locateProblems } from './source-lines.ts';

/** Says what an environment's objects are made of. */
export interface RenderRequest {
  /** Path of the overlay in the repository. */
  overlay: string;
  namespace: string;
  workload: Workload;
  /** Container that runs the artifact; undefined if only one has its image. */
  container?: string;
  /** Image in the overlay, as the overlay leaves it, that the artifact replaces. */
  image: string;
  artifact: Artifact;
  /** Job of the overlay that migration Jobs are made of; the workload's pods where there is none. */
  migrationJob?: string | undefined;
  /** Objects of the overlay that are not applied, such as `Job/seed`. */
  leaveOut?: readonly string[] | undefined;
  marker: Pick<Marker, 'change' | 'attempt'>;
  signal?: AbortSignal;
  /** Path of kubectl; by default SLIPWAY_KUBECTL, or the one on PATH. */
  kubectl?: string;
}

export interface Rendering {
  /** All objects, in the order in which they are applied. */
  manifests: Manifest[];
  /** SHA-256 of what the overlay says with this image, whichever change renders it. */
  hash: string;
  workload: Workload;
  namespace: string;
  /** The container that runs the artifact. */
  container: string;
  /** The pattern of migration Jobs, with its container; absent if the overlay has none. */
  migration?: { job: Manifest; container: string };
}

/** Renders the overlay of the artifact's commit, or of another one. */
export async function renderCommit(
  sources: Pick<Sources, 'checkout'>,
  repository: CatalogFile['repository'],
  commit: string,
  request: RenderRequest,
): Promise<Rendering> {
  if (commit === '')
    throw finalFailure('Missing', 'the commit of the image is not known, so there is no overlay to render');
  const checkout = await sources.checkout(repository, commit);
  try {
    return await renderFolder(checkout.folder, request);
  } finally {
    await checkout.close();
  }
}

/** Renders the overlay in a folder. Throws `BadRequest` with all problems at once, each with object and path. */
export async function renderFolder(folder: string, request: RenderRequest): Promise<Rendering> {
  const { overlay, namespace, workload, container, image, artifact, leaveOut = [], signal, kubectl } = request;
  const newName = repositoryOf(artifact.image);
  const pinned = `${newName}@${artifact.digest}`;
  const replaced = { name: repositoryOf(image), newName, digest: artifact.digest };
  const built = parse(await buildOverlay({ folder, overlay, image: replaced, signal, kubectl }), overlay);
  const all = built.filter((manifest) => !leaveOut.includes(describeObject(manifest)));
  const job = all.find((manifest) => manifest.kind === 'Job' && manifest.metadata.name === request.migrationJob);
  const manifests = all.filter((manifest) => manifest !== job);
  const problems = problemsOf(manifests, { namespace, workload, container, image: replaced.name, pinned, job });
  if (problems.length > 0) {
    const located = await locateProblems(folder, overlay, problems);
    throw finalFailure('BadRequest', `overlay ${overlay}: ${describeProblems(located)}`);
  }
  const placed = inOrder(
    manifests.map((manifest) => encodeSecret(placeIn(manifest, namespace))),
    workload,
  );
  const annotated = placed.map((manifest) =>
    isWorkload(manifest, workload) ? annotatePods(manifest, artifact, request.marker) : manifest,
  );
  const found = placed.find((manifest) => isWorkload(manifest, workload));
  return {
    manifests: annotated,
    hash: sha256(canonicalJson(placed)),
    workload,
    namespace,
    container: container ?? (found && containersWith(found, pinned)[0]) ?? '',
    ...(job && {
      migration: {
        job: annotatePods(placeIn(job, namespace), artifact, request.marker),
        container: containersWith(job, pinned)[0] ?? '',
      },
    }),
  };
}

/** Parses the documents that kustomize wrote. */
function parse(yaml: string, overlay: string): Manifest[] {
  const documents = parseAllDocuments(yaml, { logLevel: 'error' });
  const objects = ('empty' in documents ? [] : documents).map((document) => document.toJS() as unknown);
  return objects.filter((object) => object !== null).map((object) => asManifest(object, overlay));
}

function asManifest(object: unknown, overlay: string): Manifest {
  if (isRecord(object) && typeof object.kind === 'string' && typeof object.apiVersion === 'string') {
    const { metadata } = object;
    if (isRecord(metadata) && typeof metadata.name === 'string') return object as Manifest;
  }
  throw finalFailure('BadRequest', `overlay ${overlay}: a document is no object with apiVersion, kind and name`);
}

function placeIn(manifest: Manifest, namespace: string): Manifest {
  return isClusterKind(manifest) ? manifest : { ...manifest, metadata: { ...manifest.metadata, namespace } };
}
