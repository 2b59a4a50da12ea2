import type { ReadBack, Snapshot } from '../../contract/live.ts';
import { finalFailure } from '../failure.ts';
import { createdByAnnotation, markerAnnotations } from '../fence.ts';
import type { RestoreRequest } from '../ports/target.ts';
import { checkWrite } from './fence-check.ts';
import { applyManifests } from './manifests/apply.ts';
import { contentOf } from './manifests/compare.ts';
import { isWorkload, nameOf, withValueAt, type Manifest } from './manifests/manifest.ts';
import { findAppliedRecord } from './manifests/records.ts';
import { problemsOf } from './read-back.ts';
import { rollOut } from './roll-out.ts';
import { findWorkload, type WriteContext } from './session.ts';
import { readState, type ObservedWorkload } from './state.ts';
import { deletedFailure, describeWorkload } from './workload.ts';

/**
 * Restores the snapshot: the template of the named revision, with the configuration that was recorded with it, applied
 * by our manager. The fence is the only condition: the state that the change left is what has to go.
 */
export async function restoreSnapshot(write: WriteContext, { snapshot, forced }: RestoreRequest): Promise<ReadBack> {
  if (!snapshot.live.exists) return removeFirstRelease(write);
  const seen = await readState(write);
  const { target, marker, objects } = write;
  const { namespace, workload } = target;
  if (!seen.workload) throw deletedFailure(target);
  await applyManifests(objects, {
    manifests: await manifestsOf(write, snapshot, seen),
    namespace,
    workload,
    annotations: markerAnnotations(marker),
    authorize: (live) => checkWrite(write, live, marker, null),
    forced,
    tell: (detail) => write.progress(detail),
    signal: write.signal,
  });
  await rollOut(write, { freesStuckPods: true });
  const after = await readState(write);
  const { good } = snapshot;
  const artifact = { image: '', digest: good?.digest ?? '', commit: good?.commit ?? '' };
  return { live: after.live, problems: problemsOf(write, after, { artifact, revision: null }) };
}

/** Finds what was applied with a revision; without a record of it, what lives now with the revision's template. */
async function manifestsOf(write: WriteContext, { good, live }: Snapshot, seen: ObservedWorkload): Promise<Manifest[]> {
  const { objects, target, marker } = write;
  const name = good?.revision ?? live.template?.revision ?? '';
  const revision = seen.revisions.find((one) => one.name === name);
  if (!revision)
    throw finalFailure(
      'Missing',
      `revision ${name} of ${describeWorkload(target)} does not exist any more, so there is no template to go back to`,
    );
  const { annotations } = revision.template.metadata ?? {};
  const recorded = await findAppliedRecord(objects, target, { annotations, foundBy: marker });
  const manifests = recorded ?? (seen.workload ? [contentOf(seen.workload)] : []);
  return manifests.map((manifest) =>
    isWorkload(manifest, target.workload) ? withValueAt(manifest, ['spec', 'template'], revision.template) : manifest,
  );
}

/**
 * Removes the workload of a first release: there was none before. Only one that this very change created is deleted;
 * its configuration stays, it serves nobody.
 */
async function removeFirstRelease(write: WriteContext): Promise<ReadBack> {
  const { objects, target, marker } = write;
  const workload = await findWorkload(write);
  if (!workload) return { live: (await readState(write)).live, problems: [] };
  checkWrite(write, workload, marker, null);
  if (workload.metadata.annotations?.[createdByAnnotation] !== marker.change) {
    const problem = `somebody else created ${describeWorkload(target)} during this change; it was not removed`;
    return { live: (await readState(write)).live, problems: [problem] };
  }
  await objects.delete(nameOf(workload), workload.metadata.uid ?? '');
  return { live: (await readState(write)).live, problems: [] };
}
