import type { Freeze, JoinAnswer } from '../../contract/environment.ts';
import { environmentWorkflowId } from '../../contract/ids.ts';
import type { WaitingFor } from '../../contract/status.ts';
import { slipwayCommand, temporalSignal, type TemporalEndpoint } from '../run/commands.ts';
import { now } from '../run/journal.ts';

/** Names the environment that is waited for, and the people who operate it. */
export interface QueuePlace {
  service: string;
  environment: string;
  operators: readonly string[];
  endpoint: TemporalEndpoint;
}

/** Describes what a ticket waits for: its turn, or the end of a freeze. */
export function describeQueueWait(place: QueuePlace, answer: JoinAnswer): WaitingFor {
  const { ahead, freeze, since } = answer;
  if (freeze) return describeFreezeWait(place, freeze, answer);
  const { service, environment } = place;
  const workflowId = environmentWorkflowId(service, environment);
  const holder = ahead[0];
  return {
    kind: 'queue',
    what: holder
      ? `its turn: ${ahead.length} ahead, first ${holder.kind} ${holder.change} of ${holder.owner}`
      : `${workflowId} to be free`,
    since: since ?? now(),
    until: null,
    who: [...new Set(ahead.map(({ owner }) => owner))],
    commands: [
      `temporal workflow query --workflow-id ${workflowId} --name status`,
      slipwayCommand('environment show', { environment }, service),
    ],
  };
}

/** Describes who has frozen the environment, with the commands that end the freeze. */
function describeFreezeWait(
  { service, environment, operators, endpoint }: QueuePlace,
  freeze: Freeze,
  { ahead, since }: JoinAnswer,
): WaitingFor {
  const by = operators.find((person) => person === freeze.by) ?? operators[0] ?? '';
  const reason = 'the freeze is over';
  return {
    kind: 'freeze',
    what: `the end of the freeze of ${freeze.by}: ${freeze.reason}${ahead.length > 0 ? `; ${ahead.length} ahead` : ''}`,
    since: since ?? now(),
    until: freeze.until,
    who: [...new Set([freeze.by, ...operators])].filter((person) => operators.includes(person)),
    commands: [
      temporalSignal(endpoint, 'unfreeze', { by, reason }, environmentWorkflowId(service, environment)),
      slipwayCommand('environment unfreeze', { environment, by, reason }, service),
      slipwayCommand('environment show', { environment }, service),
    ],
  };
}
