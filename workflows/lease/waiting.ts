import { freezerOf, type Freeze, type JoinAnswer } from '../../contract/environment.ts';
import { environmentWorkflowId } from '../../contract/ids.ts';
import type { WaitingFor } from '../../contract/status.ts';
import { slipwayCommand, unfreezeCommands, type OperatedPlace } from '../run/commands.ts';
import { now } from '../run/journal.ts';

/** Describes what a ticket waits for: its turn, or the end of a freeze. */
export function describeQueueWait(place: OperatedPlace, answer: JoinAnswer): WaitingFor {
  const { ahead, freeze, since, store } = answer;
  if (freeze) return describeFreezeWait(place, freeze, answer);
  const { service, environment } = place;
  const workflowId = environmentWorkflowId(service, environment);
  const holder = ahead[0];
  return {
    kind: 'queue',
    what: holder
      ? `its turn: ${ahead.length} ahead, first ${holder.kind} ${holder.change} of ${holder.owner}`
      : (store ?? `${workflowId} to be free`),
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
function describeFreezeWait(place: OperatedPlace, freeze: Freeze, { ahead, since }: JoinAnswer): WaitingFor {
  const { service, environment, operators } = place;
  const behind = ahead.length > 0 ? `; ${ahead.length} ahead` : '';
  return {
    kind: 'freeze',
    what: `the end of the freeze of ${freezerOf(freeze)}: ${freeze.reason}${behind}`,
    since: since ?? now(),
    until: freeze.until,
    who: [...new Set([freeze.by, ...operators])].filter((person) => operators.includes(person)),
    commands: [...unfreezeCommands(place, freeze), slipwayCommand('environment show', { environment }, service)],
  };
}
