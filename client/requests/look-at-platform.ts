import { setTimeout as pause } from 'node:timers/promises';
import type { DriftReport } from '../../contract/drift.ts';
import { workflowTypes } from '../../contract/workflow-types.ts';
import type { EnvironmentName } from '../api/environment-name.ts';
import type { SlipwayClient } from '../api/slipway-client.ts';

/** A platform that is well answers within a second or two; nobody waits longer for a line of a view. */
const patienceMs = 10_000;

/** Asks the platform what serves, by a run of checkDrift; answers why nobody knows it where that fails. */
export async function lookAtPlatform(slipway: SlipwayClient, place: EnvironmentName): Promise<DriftReport | string> {
  const { workflowId, runId } = await slipway.start(workflowTypes.checkDrift, place);
  const silence = new AbortController();
  const late = pause(patienceMs, null, { signal: silence.signal }).catch(() => null);
  const end = await Promise.race([slipway.end(workflowId, runId), late]);
  silence.abort();
  if (end === null) return `no answer within ${patienceMs / 1000} s: ./slipway status ${workflowId}`;
  const report = (end.result ?? end.details?.[0]) as { places?: DriftReport[] } | undefined;
  return report?.places?.[0] ?? end.message;
}
