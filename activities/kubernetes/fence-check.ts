import type { Marker } from '../../contract/fence.ts';
import { finalFailure } from '../failure.ts';
import { checkFence } from '../fence.ts';
import type { Manifest } from './manifests/manifest.ts';
import type { ReadContext } from './session.ts';
import { describeWorkload, stateKey, type WorkloadObject } from './workload.ts';

/**
 * Checks that a write to the workload may be made (invariant I3): no newer fence is recorded, and, unless the state is
 * free, the step before left it as it is. Answers `ours` if this very write is recorded already.
 */
export function checkWrite(
  { target }: Pick<ReadContext, 'target'>,
  live: Manifest | undefined,
  marker: Marker,
  expected: string | null,
): 'ours' | 'writable' {
  const what = describeWorkload(target);
  const found = live as WorkloadObject | undefined;
  if (checkFence(what, found?.metadata.annotations, marker) === 'ours') return 'ours';
  if (expected !== null && stateKey(found) !== expected)
    throw finalFailure(
      'Drifted',
      `${what} is not as the step before left it: somebody else ${found ? 'changed' : 'deleted'} it`,
    );
  return 'writable';
}
