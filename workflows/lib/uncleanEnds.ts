import { workflowInfo } from '@temporalio/workflow';
import type { CatalogEntry } from '../../contract/catalog.ts';
import type { LedgerDraft } from '../../contract/environment.ts';
import { takeOverStep, type Marker } from '../../contract/fence.ts';
import { changeId } from '../../contract/ids.ts';
import type { LiveState } from '../../contract/live.ts';
import { following } from './activities.ts';
import type { Reach } from './commands.ts';
import type { EnvironmentParking } from './environmentParking.ts';

/** What a look needs: where, and who is asked when it fails. */
export interface LookingPlace {
  entry: CatalogEntry;
  reach: Reach;
  parking: EnvironmentParking;
}

/** From here on the writes of whoever had a lower number are refused at the target, service and job (invariant I3). */
export async function refuseFormerHolder({ parking, ...place }: LookingPlace, number: number): Promise<void> {
  const { entry } = place;
  const markerOf = (attempt: number): Marker => ({ change: changeId(workflowInfo().firstExecutionRunId), step: takeOverStep, attempt, fence: { number, sequence: 0 } });
  await parking.insist('its fence to be stamped, so that a former holder is refused', place, (attempt) => following('refuse writes of a former holder').takeOver({ entry, marker: markerOf(attempt) }));
}

/** What is served once nothing is under way at the target any more, or what a person says of it. */
export async function lookFirst({ parking, ...place }: LookingPlace): Promise<{ found: LiveState } | { said: string }> {
  const { entry } = place;
  return parking.insist('its target to be quiet: running executions, operations under way', place, () => following('look first: what is still going on?').lookFirst({ entry }));
}

/** The ledger's word about a holder that said none. */
export function uncleanEntry(why: string, seen: Awaited<ReturnType<typeof lookFirst>>, { by, reason }: { by: string; reason: string }): LedgerDraft {
  const serving = 'found' in seen ? seen.found.serving[0] : undefined;
  return {
    kind: 'unclean',
    outcome: 'said' in seen ? `${why}; ${seen.said}` : why,
    commit: serving?.commit ?? '',
    digest: serving?.digest ?? '',
    revision: serving?.revision ?? '',
    plan: '',
    by,
    reason,
    migrations: [],
    verified: false,
    serves: serving ? { revision: serving.revision, digest: serving.digest, commit: serving.commit } : null,
  };
}
