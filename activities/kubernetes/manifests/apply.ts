import { finalFailure } from '../../failure.ts';
import { hasWords } from '../../redaction/shown-words.ts';
import { isFieldConflict, isOutcomeUnknown, isOutdated } from '../failure.ts';
import { conflictsOf, describeConflict, type Comparison, type Conflict } from './compare.ts';
import { compareManifests } from './difference.ts';
import { describeObject, isWorkload, nameOf, workloadName, type Manifest, type Workload } from './manifest.ts';
import type { Objects } from './objects.ts';
import { takeOverPatch } from './take-over.ts';

/** Times that an apply starts again at the fence check before Temporal repeats the activity. */
const maxRounds = 6;
const pauseMs = 250;

export interface ApplyRequest {
  manifests: readonly Manifest[];
  namespace: string;
  workload: Workload;
  /** The marker of this write, for the workload's own annotations. */
  annotations: Record<string, string>;
  /**
   * Checks the workload as it is (invariant I3): `ours` if this very write is recorded there, `writable` if it may be
   * made. Throws otherwise. It is asked before every write.
   */
  authorize(live: Manifest | undefined): 'ours' | 'writable';
  /** Conflicts that a person has read and overwrites, as `describeConflict` says them. */
  forced: readonly string[];
  tell(detail: { object: string; action: Comparison['action'] }): void;
  signal: AbortSignal;
}

export interface Applied {
  /** Objects that were written, such as `ConfigMap/runtime`; empty if all of it was there. */
  written: string[];
}

/**
 * Applies manifests in their order, and only what differs. All of it goes through a dry run first, so a refused object
 * leaves the others as they are. After a conflict or a call of unknown outcome it starts again at the fence check.
 */
export async function applyManifests(objects: Objects, request: ApplyRequest): Promise<Applied> {
  const written = new Set<string>();
  for (let round = 1; ; round += 1) {
    try {
      for (const comparison of await planApply(objects, request)) await write(objects, request, comparison, written);
      return { written: [...written] };
    } catch (error) {
      if (!(isOutdated(error) || isOutcomeUnknown(error)) || round >= maxRounds) throw error;
      await pause(request.signal);
    }
  }
}

/** Runs everything dry, without a write. Throws `Contested` where others own fields that we set, unless forced. */
export async function dryRun(
  objects: Objects,
  request: Pick<ApplyRequest, 'manifests' | 'namespace' | 'workload' | 'forced'>,
): Promise<Comparison[]> {
  const comparisons = await compareManifests(objects, request);
  refuseConflicts(
    comparisons.flatMap(({ conflicts }) => conflicts),
    request.forced,
  );
  return comparisons;
}

/** Lists what has to be written. A workload that records this very write is left as it is. */
async function planApply(objects: Objects, request: ApplyRequest): Promise<Comparison[]> {
  const live = await objects.read(workloadName(request.workload, request.namespace));
  const isOurs = request.authorize(live) === 'ours';
  const manifests = request.manifests
    .filter((manifest) => !(isOurs && isWorkload(manifest, request.workload)))
    .map((manifest) => (isWorkload(manifest, request.workload) ? marked(manifest, request.annotations) : manifest));
  return (await dryRun(objects, { ...request, manifests })).filter(({ action }) => action !== 'same');
}

function marked(manifest: Manifest, annotations: Record<string, string>): Manifest {
  const { metadata } = manifest;
  return { ...manifest, metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotations } } };
}

async function write(
  objects: Objects,
  request: ApplyRequest,
  { manifest, live, action, conflicts, isScaled: keepsReplicas }: Comparison,
  written: Set<string>,
): Promise<void> {
  const object = describeObject(manifest);
  request.signal.throwIfAborted();
  request.tell({ object, action });
  request.authorize(await objects.read(workloadName(request.workload, request.namespace)));
  const version = live && (await takeOver(objects, live, keepsReplicas));
  // The conflicts of this version were compared with what a person forces, and the apply holds for no other version.
  const force = conflicts.length > 0;
  await objects.apply(conditional(manifest, version), { dryRun: false, force }).catch((error: unknown) => {
    if (isFieldConflict(error)) refuseConflicts(conflictsOf(error, object), []);
    throw error;
  });
  written.add(object);
}

/** Moves ownership to us where it has to; answers the version that the apply is conditional on. */
async function takeOver(objects: Objects, live: Manifest, keepsReplicas: boolean): Promise<string | undefined> {
  const operations = takeOverPatch(live, keepsReplicas);
  const current = operations ? await objects.patch(nameOf(live), operations) : live;
  return current.metadata.resourceVersion;
}

/** Makes an apply hold for one version only; the server refuses it for another. An object to be created has none. */
function conditional(manifest: Manifest, resourceVersion: string | undefined): Manifest {
  if (resourceVersion === undefined) return manifest;
  return { ...manifest, metadata: { ...manifest.metadata, resourceVersion } };
}

function refuseConflicts(conflicts: readonly Conflict[], forced: readonly string[]): void {
  const contested = conflicts.map(describeConflict);
  if (contested.every((line) => hasWords(forced, line))) return;
  throw finalFailure('Contested', `${contested.join('; ')}; the write would overwrite it`, [contested]);
}

async function pause(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, pauseMs));
  signal.throwIfAborted();
}
