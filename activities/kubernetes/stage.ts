import type { Candidate } from '../../contract/live.ts';
import type { StageRequest } from '../ports/target.ts';
import { checkWrite } from './fence-check.ts';
import { recordAnnotation } from './manifests/annotations.ts';
import { dryRun } from './manifests/apply.ts';
import { firstRecordName, liveManifests, pruneRecords, recordName, writeRecord } from './manifests/records.ts';
import type { Rendering } from './manifests/render.ts';
import { findWorkload, type WriteContext } from './session.ts';
import { stateKey } from './workload.ts';

/**
 * Proves that the cluster takes the manifests, and records them, and what lives now, for a way back. Users see nothing
 * of it: a workload has no candidate beside what serves. The candidate is the record.
 */
export async function stageManifests(
  write: WriteContext,
  { expected, forced }: StageRequest,
  { manifests }: Rendering,
): Promise<Candidate> {
  const { objects, target, marker } = write;
  const { namespace, workload } = target;
  const live = await findWorkload(write);
  checkWrite(write, live, marker, expected);
  write.progress({ action: 'dry run', objects: manifests.length });
  await dryRun(objects, { manifests, namespace, workload, forced });
  const place = { namespace, workload };
  if (live)
    await writeRecord(objects, place, firstRecordName(workload, marker), await liveManifests(objects, manifests));
  const { name } = await writeRecord(objects, place, recordName(workload, marker), manifests);
  const applied = live?.metadata.annotations?.[recordAnnotation];
  await pruneRecords(objects, place, [name, firstRecordName(workload, marker), ...(applied ? [applied] : [])]);
  return { revision: name, url: target.url, key: stateKey(live) };
}
