import { authorOf, recordedMarkerOf } from '../fence.ts';
import { isFinal } from '../failure.ts';
import { describeConflict, type Comparison } from './manifests/compare.ts';
import { compareManifests } from './manifests/difference.ts';
import { foreignChanges, revertedRemovals } from './manifests/foreign.ts';
import type { Manifest } from './manifests/manifest.ts';
import { findRecord, firstRecordName, recordName } from './manifests/records.ts';
import { findWorkload, type ReadContext } from './session.ts';
import type { WorkloadObject } from './workload.ts';

/**
 * Lists what somebody else has changed of what we applied last, one line each: manager, field and time, as far as the
 * platform knows them. Writes nothing.
 */
export async function findForeignChanges(context: ReadContext): Promise<string[]> {
  const workload = await findWorkload(context);
  if (!workload) return [];
  try {
    const applied = await compareWithRecord(context, workload);
    return applied.flatMap(foreignChanges);
  } catch (error) {
    if (!isFinal(error, 'BadRequest', 'Drifted')) throw error;
    return [`inconclusive: what was applied last cannot be compared: ${error.message}`];
  }
}

/** Lists what of others an apply would overwrite or bring back, one line each. `next` is its dry run. */
export async function findContested(context: ReadContext, next: readonly Comparison[]): Promise<string[]> {
  const conflicts = next.flatMap((comparison) => comparison.conflicts.map(describeConflict));
  const workload = await findWorkload(context);
  const applied = workload ? await compareWithRecord(context, workload).catch(nothingToCompare) : [];
  return [...conflicts, ...revertedRemovals(applied, next)];
}

/** A record that cannot be read, or that the server refuses by now, tells of no removal. */
function nothingToCompare(error: unknown): Comparison[] {
  if (isFinal(error, 'BadRequest', 'Drifted')) return [];
  throw error;
}

async function compareWithRecord({ objects, target }: ReadContext, workload: WorkloadObject): Promise<Comparison[]> {
  const manifests = await lastApplied({ objects, target }, workload);
  const { namespace } = target;
  return compareManifests(objects, { manifests, namespace, workload: target.workload });
}

/**
 * Reads what was applied with the present template: the record of the change that made it, or of what the last change
 * found and restored. Empty if nothing of ours was.
 */
async function lastApplied(
  { objects, target }: Pick<ReadContext, 'objects' | 'target'>,
  { metadata, spec }: WorkloadObject,
): Promise<Manifest[]> {
  const { namespace, workload } = target;
  const author = authorOf(spec.template.metadata?.annotations);
  const last = recordedMarkerOf(metadata.annotations);
  const names = [...(author ? [recordName(workload, author)] : []), ...(last ? [firstRecordName(workload, last)] : [])];
  for (const name of names) {
    const found = await findRecord(objects, { namespace, workload }, name);
    if (found) return found.manifests;
  }
  return [];
}
