import type { StartedRun } from '../api/slipway-client.ts';

/** Says which Temporal has a run. */
export function placeOfRun({ temporal: { address, namespace } }: Pick<StartedRun, 'temporal'>): string {
  return `Temporal at ${address}, namespace ${namespace}`;
}
