import type { RollbackInput } from '../../contract/inputs.ts';
import { slipwayLine } from '../../contract/shell-word.ts';
import { changeTypes } from '../../contract/workflow-types.ts';
import type { RunSummary } from '../api/runs.ts';
import type { SlipwayClient } from '../api/slipway-client.ts';
import { CommandError } from '../cli/command-error.ts';

/** Somebody who sends a rollback again within this time has mostly not seen that the first one went through. */
const recentMs = 10 * 60_000;

/**
 * Refuses a rollback to the last known good while another one of the place runs, or has just succeeded and nothing was
 * released since: it would go one state further back. One that names its state is never refused, and none is where the
 * list cannot be read.
 */
export async function refuseRepeatedRollback(
  slipway: SlipwayClient,
  { service, environment, to, dryRun = false }: RollbackInput,
  now: number = Date.now(),
): Promise<void> {
  if (to !== undefined || dryRun) return;
  const filter = { service, environment, types: changeTypes, running: false, limit: 20 };
  const runs = await slipway.list(filter).catch((): RunSummary[] => []);
  const earlier = runs.find(({ workflowType, execution, closedAt }) => {
    if (workflowType !== 'rollback') return false;
    if (execution === 'RUNNING') return true;
    if (execution !== 'COMPLETED' || closedAt === null || now - Date.parse(closedAt) >= recentMs) return false;
    return !runs.some((run) => isReleaseSince(Date.parse(closedAt), run));
  });
  if (!earlier) return;
  const { momentText } = await import('../view/time.ts');
  throw CommandError.refused(
    `${describe(earlier, momentText)}; another one would go one state further back, so nothing was started`,
    [
      `look at it: ${slipwayLine('status', earlier.workflowId)}`,
      'if that is what you want, name the state: --to <change, commit or revision> (./slipway environment show)',
    ],
  );
}

function isReleaseSince(moment: number, { workflowType, execution, closedAt }: RunSummary): boolean {
  return workflowType !== 'rollback' && execution === 'COMPLETED' && Date.parse(closedAt ?? '') > moment;
}

function describe(
  { workflowId, execution, phase, outcome, closedAt, waitingFor }: RunSummary,
  moment: (at: string) => string,
): string {
  if (execution !== 'RUNNING')
    return `${workflowId} has ended at ${moment(closedAt ?? '')}: ${outcome || 'it succeeded'}`;
  return `${workflowId} is under way, in phase ${phase || 'starting'}${waitingFor && `, and waits for ${waitingFor}`}`;
}
