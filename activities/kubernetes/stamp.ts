import { markerAnnotations } from '../fence.ts';
import type { StampRequest } from '../ports/target.ts';
import { checkWrite } from './fence-check.ts';
import { isOutcomeUnknown, isOutdated } from './failure.ts';
import { findWorkload, type WriteContext } from './session.ts';
import { stateKey } from './workload.ts';

/** Writes that start again after somebody else wrote in between, before Temporal repeats the activity. */
const maxRounds = 8;

/**
 * Stamps the fence into the workload's own annotations and changes nothing else: no pod is made anew by it. A workload
 * that does not exist yet is fenced by its creation.
 */
export async function stampWorkload(write: WriteContext, { expected }: StampRequest): Promise<{ key: string }> {
  for (let round = 1; ; round += 1) {
    const live = await findWorkload(write);
    if (checkWrite(write, live, write.marker, expected) === 'ours' || !live) return { key: stateKey(live) };
    try {
      const annotations = { ...live.metadata.annotations, ...markerAnnotations(write.marker) };
      await write.objects.patchVersion(live, [{ op: 'add', path: '/metadata/annotations', value: annotations }]);
      return { key: stateKey(live) };
    } catch (error) {
      if (!(isOutdated(error) || isOutcomeUnknown(error)) || round >= maxRounds) throw error;
    }
  }
}
