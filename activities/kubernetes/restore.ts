import type { V1PodTemplateSpec } from '@kubernetes/client-node';
import type { ReadBack, Snapshot } from '../../contract/live.ts';
import { finalFailure } from '../failure.ts';
import { createdByAnnotation, markerAnnotations } from '../fence.ts';
import type { Images } from '../ports/index.ts';
import type { RestoreRequest } from '../ports/target.ts';
import { checkWrite } from './fence-check.ts';
import { applyManifests } from './manifests/apply.ts';
import { recordAnnotation } from './manifests/annotations.ts';
import { isWorkload, nameOf, withValueAt, type Manifest } from './manifests/manifest.ts';
import { asApplied, findRecord, findTemplateRecord, restoredRecordName, writeRecord } from './manifests/records.ts';
import { problemsOf } from './read-back.ts';
import type { Revision } from './revisions.ts';
import { rollOut } from './roll-out.ts';
import { unreadableSecrets } from './secret-versions.ts';
import { findWorkload, type WriteContext } from './session.ts';
import { readState } from './state.ts';
import { deletedFailure, describeWorkload, type WorkloadObject } from './workload.ts';

/**
 * Restores the snapshot: the template of the named revision, with the configuration that was recorded with it, applied
 * by our manager. The fence is the only condition: the state that the change left is what has to go.
 */
export async function restoreSnapshot(
  write: WriteContext,
  { snapshot, forced }: RestoreRequest,
  images: Images,
): Promise<ReadBack> {
  if (!snapshot.live.exists) return removeFirstRelease(write);
  const seen = await readState(write);
  const { target, marker, objects } = write;
  const { namespace, workload } = target;
  if (!seen.workload) throw deletedFailure(target);
  const { name, manifests, template } = await recordOf(write, snapshot, seen.revisions, seen.workload);
  const isServing = seen.live.serving.some(({ revision }) => revision === snapshot.good?.revision);
  const unreadable = isServing ? [] : await unreadableSecrets(write, template);
  if (unreadable.length > 0)
    throw finalFailure('Missing', `pods of that revision cannot start any more: ${unreadable.join('; ')}`);
  await applyManifests(objects, {
    manifests,
    namespace,
    workload,
    annotations: { ...markerAnnotations(marker), [recordAnnotation]: name },
    authorize: (live) => checkWrite(write, live, marker, null),
    forced,
    tell: (detail) => write.progress(detail),
    signal: write.signal,
  });
  await rollOut(write, { freesStuckPods: true });
  const after = await readState(write);
  const { good } = snapshot;
  const artifact = { image: '', digest: good?.digest ?? '', commit: good?.commit ?? '' };
  return { live: after.live, problems: await problemsOf(write, after, { artifact, revision: null }, images) };
}

/**
 * Finds the record of what was applied with a revision. Without one, what lives now is recorded, with the revision's
 * template.
 */
async function recordOf(
  { objects, target, marker }: WriteContext,
  { good, live }: Snapshot,
  revisions: readonly Revision[],
  present: WorkloadObject,
): Promise<{ name: string; manifests: Manifest[]; template: V1PodTemplateSpec }> {
  const wanted = good?.revision ?? live.template?.revision ?? '';
  const revision = revisions.find(({ name }) => name === wanted);
  if (!revision) throw goneFailure(wanted, describeWorkload(target));
  // A record has no annotations of ours, and perhaps the template did: it goes back exactly, or it is another revision.
  const exact = (manifests: readonly Manifest[]): Manifest[] =>
    manifests.map((manifest) =>
      isWorkload(manifest, target.workload) ? withValueAt(manifest, ['spec', 'template'], revision.template) : manifest,
    );
  const recorded = await findTemplateRecord(objects, target, revision.template);
  const { template } = revision;
  if (recorded) return { ...recorded, template, manifests: exact(recorded.manifests) };
  const name = restoredRecordName(target.workload, marker);
  const earlier = await findRecord(objects, target, name);
  const manifests = exact(earlier?.manifests ?? [asApplied(present)]);
  if (!earlier) await writeRecord(objects, target, name, manifests);
  return { name, manifests, template };
}

function goneFailure(revision: string, what: string): Error {
  const problem = `revision ${revision} of ${what} does not exist any more`;
  return finalFailure('Missing', `${problem}, so there is no template to go back to`);
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
