import { markerAnnotations } from '../fence.ts';
import type { RestartRequest, Shifted } from '../ports/target.ts';
import { checkWrite } from './fence-check.ts';
import { isOutcomeUnknown, isOutdated } from './failure.ts';
import { restartAnnotation } from './manifests/annotations.ts';
import type { PatchOperation } from './manifests/take-over.ts';
import { rollOut } from './roll-out.ts';
import { findWorkload, type WriteContext } from './session.ts';
import { deletedFailure, type WorkloadObject } from './workload.ts';

/** Patches that start again after somebody else wrote in between, before Temporal repeats the activity. */
const maxRounds = 8;

/**
 * Restarts a workload as `kubectl rollout restart` does: an annotation of its template makes every pod anew, and the
 * roll-out is judged to its end. Pods of a StatefulSet that would block it are freed: they are often why it is
 * restarted. Fence and annotation are one write, so a repeat restarts nothing twice.
 */
export async function restartPods(write: WriteContext, { expected }: RestartRequest): Promise<Shifted> {
  await annotateTemplate(write, expected);
  const { revision, key } = await rollOut(write, { freesStuckPods: true });
  return { key, url: write.target.url, revision };
}

async function annotateTemplate(write: WriteContext, expected: string): Promise<void> {
  for (let round = 1; ; round += 1) {
    const live = await findWorkload(write);
    if (!live) throw deletedFailure(write.target);
    if (checkWrite(write, live, write.marker, expected) === 'ours') return;
    try {
      await write.objects.patchVersion(live, restartOf(live, write));
      return;
    } catch (error) {
      if (!(isOutdated(error) || isOutcomeUnknown(error)) || round >= maxRounds) throw error;
    }
  }
}

/** Makes the patch: our marker on the workload, and the time on its pods. */
function restartOf({ metadata, spec }: WorkloadObject, { marker }: WriteContext): PatchOperation[] {
  const own = spec.template.metadata?.annotations;
  const annotations = { ...own, [restartAnnotation]: new Date().toISOString() };
  return [
    { op: 'add', path: '/metadata/annotations', value: { ...metadata.annotations, ...markerAnnotations(marker) } },
    { op: 'add', path: '/spec/template/metadata/annotations', value: annotations },
  ];
}
