import { setTimeout as pause } from 'node:timers/promises';
import type { DriftReport } from '../../contract/drift.ts';
import { slipwayLine } from '../../contract/shell-word.ts';
import { workflowTypes } from '../../contract/workflow-types.ts';
import type { EnvironmentName } from '../api/environment-name.ts';
import { RunExists } from '../api/errors.ts';
import type { SlipwayClient } from '../api/slipway-client.ts';

/** A platform that is well answers within a second or two; nobody waits longer for a line of a view. */
const patienceMs = 10_000;

/**
 * Asks the platform what serves, by a run of checkDrift; answers why nobody knows it where that fails. With a workflow
 * id, one that is under way is joined, so that no two run at once.
 */
export async function lookAtPlatform(
  slipway: Pick<SlipwayClient, 'start' | 'end'>,
  place: EnvironmentName,
  fixedId?: string,
): Promise<DriftReport | string> {
  const { workflowId, runId } = await startOrJoin(slipway, place, fixedId);
  const silence = new AbortController();
  const late = pause(patienceMs, null, { signal: silence.signal }).catch(() => null);
  const end = await Promise.race([slipway.end(workflowId, runId), late]);
  silence.abort();
  if (end === null) return `no answer within ${patienceMs / 1000} s: ${slipwayLine('status', workflowId)}`;
  const report = (end.result ?? end.details?.[0]) as { places?: DriftReport[] } | undefined;
  return report?.places?.[0] ?? end.message;
}

async function startOrJoin(
  slipway: Pick<SlipwayClient, 'start'>,
  place: EnvironmentName,
  workflowId: string | undefined,
): Promise<{ workflowId: string; runId?: string }> {
  try {
    return await slipway.start(workflowTypes.checkDrift, place, workflowId);
  } catch (error) {
    if (workflowId === undefined || !(error instanceof RunExists)) throw error;
    return { workflowId };
  }
}
