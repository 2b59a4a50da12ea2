import { isFinal } from '../failure.ts';
import { recordAnnotation } from './manifests/annotations.ts';
import { describeConflict, type Comparison } from './manifests/compare.ts';
import { compareManifests } from './manifests/difference.ts';
import { foreignChanges, revertedRemovals } from './manifests/foreign.ts';
import { readRecord } from './manifests/records.ts';
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
    if (!isFinal(error, ...incomparable)) throw error;
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

/** A record that is gone or was changed, or that the server refuses by now. */
const incomparable = ['BadRequest', 'Drifted', 'Missing'] as const;

/** Such a record tells of no removal. */
function nothingToCompare(error: unknown): Comparison[] {
  if (isFinal(error, ...incomparable)) return [];
  throw error;
}

/** Compares what lives with what was applied last; empty if nothing of ours was. */
async function compareWithRecord(
  { objects, target }: ReadContext,
  { metadata }: WorkloadObject,
): Promise<Comparison[]> {
  const name = metadata.annotations?.[recordAnnotation];
  if (name === undefined) return [];
  const { manifests } = await readRecord(objects, target, name);
  const { namespace, workload } = target;
  return compareManifests(objects, { manifests, namespace, workload });
}
