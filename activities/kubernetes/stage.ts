import type { Candidate } from '../../contract/live.ts';
import { finalFailure } from '../failure.ts';
import { authorAnnotations } from '../fence.ts';
import type { StageRequest, StageSecretsRequest } from '../ports/target.ts';
import { checkWrite } from './fence-check.ts';
import { recordAnnotation } from './manifests/annotations.ts';
import { dryRun } from './manifests/apply.ts';
import { isWorkload, withValueAt } from './manifests/manifest.ts';
import {
  asApplied,
  findTemplateRecord,
  firstRecordName,
  liveManifests,
  pruneRecords,
  recordName,
  writeRecord,
} from './manifests/records.ts';
import type { Rendering } from './manifests/render.ts';
import { listRevisions } from './revisions.ts';
import { withVersions } from './secret-versions.ts';
import { findWorkload, type WriteContext } from './session.ts';
import { deletedFailure, describeWorkload, stateKey } from './workload.ts';

/**
 * Proves that the cluster takes the manifests, and records them, and what lives now, for a way back. Users see nothing
 * of it: a workload has no candidate beside what serves. The candidate is the record.
 */
export async function stageManifests(
  write: WriteContext,
  { expected, forced }: Pick<StageRequest, 'expected' | 'forced'>,
  { manifests }: Pick<Rendering, 'manifests'>,
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

/** Stages what serves once more, with other versions of its secrets: what was applied with it, and its own template. */
export async function stageSecrets(
  write: WriteContext,
  { expected, forced, snapshot, secrets }: StageSecretsRequest,
): Promise<Candidate> {
  const { objects, target, marker } = write;
  const { namespace, workload } = target;
  const live = await findWorkload(write);
  if (!live) throw deletedFailure(target);
  const serving = snapshot.good?.revision ?? '';
  const revision = (await listRevisions(write, live)).find(({ name }) => name === serving);
  if (!revision) throw finalFailure('Missing', `revision ${serving} of ${describeWorkload(target)} cannot be read`);
  const { metadata } = revision.template;
  const annotations = { ...metadata?.annotations, ...authorAnnotations(marker) };
  const template = withVersions({ ...revision.template, metadata: { ...metadata, annotations } }, secrets);
  const recorded = await findTemplateRecord(objects, { namespace, workload }, revision.template);
  const manifests = (recorded?.manifests ?? [asApplied(live)]).map((manifest) =>
    isWorkload(manifest, workload) ? withValueAt(manifest, ['spec', 'template'], template) : manifest,
  );
  return stageManifests(write, { expected, forced }, { manifests });
}
