import { createdByAnnotation, markerAnnotations } from '../fence.ts';
import type { ShiftRequest, Shifted } from '../ports/target.ts';
import { checkWrite } from './fence-check.ts';
import { recordAnnotation } from './manifests/annotations.ts';
import { applyManifests } from './manifests/apply.ts';
import { readRecord } from './manifests/records.ts';
import { rollOut } from './roll-out.ts';
import { findWorkload, type WriteContext } from './session.ts';

/**
 * Applies the recorded manifests and follows the roll-out to its end. The workload comes last, so a repeat finds either
 * nothing of it or all of it.
 */
export async function applyAndRollOut(
  write: WriteContext,
  { candidate, expected, forced }: ShiftRequest,
): Promise<Shifted> {
  const { objects, target, marker } = write;
  const { namespace, workload } = target;
  const { manifests } = await readRecord(objects, { namespace, workload }, candidate.revision);
  const isNew = (await findWorkload(write)) === undefined;
  await applyManifests(objects, {
    manifests,
    namespace,
    workload,
    annotations: {
      ...markerAnnotations(marker),
      [recordAnnotation]: candidate.revision,
      ...(isNew && { [createdByAnnotation]: marker.change }),
    },
    authorize: (live) => checkWrite(write, live, marker, expected),
    forced,
    tell: (detail) => write.progress(detail),
    signal: write.signal,
  });
  const { revision, key } = await rollOut(write);
  return { key, url: target.url, revision };
}
