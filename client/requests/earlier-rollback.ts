import type { RollbackInput } from '../../contract/inputs.ts';
import type { RunSummary } from '../api/runs.ts';
import type { SlipwayClient } from '../api/slipway-client.ts';
import { CommandError } from '../cli/command-error.ts';

/** Somebody who sends a rollback again within this time has mostly not seen that the first one went through. */
const recentMs = 10 * 60_000;

/**
 * Refuses a rollback to the last known good while another one of the place runs, or has just succeeded: it would go one
 * state further back. One that names its state is never refused, and none is where the list cannot be read.
 */
export async function refuseRepeatedRollback(
  slipway: SlipwayClient,
  { service, environment, to, dryRun = false }: RollbackInput,
  now: number = Date.now(),
): Promise<void> {
  if (to !== undefined || dryRun) return;
  const filter = { service, environment, types: ['rollback'], running: false, limit: 20 };
  const runs = await slipway.list(filter).catch((): RunSummary[] => []);
  const earlier = runs.find(({ execution, closedAt }) => {
    if (execution === 'RUNNING') return true;
    return execution === 'COMPLETED' && closedAt !== null && now - Date.parse(closedAt) < recentMs;
  });
  if (!earlier) return;
  const { momentText } = await import('../view/time.ts');
  throw CommandError.refused(
    `${describe(earlier, momentText)}; another one would go one state further back, so nothing was started`,
    [
      `look at it: ./slipway status ${earlier.workflowId}`,
      'if that is what you want, name the state: --to <change, commit or revision> (./slipway environment show)',
    ],
  );
}

function describe(
  { workflowId, execution, phase, outcome, closedAt, waitingFor }: RunSummary,
  moment: (at: string) => string,
): string {
  if (execution !== 'RUNNING')
    return `${workflowId} has ended at ${moment(closedAt ?? '')}: ${outcome || 'it succeeded'}`;
  return `${workflowId} is under way, in phase ${phase || 'starting'}${waitingFor && `, and waits for ${waitingFor}`}`;
}
