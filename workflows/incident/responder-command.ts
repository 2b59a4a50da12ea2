import { workflowInfo } from '@temporalio/workflow';
import { slipwayCommand } from '../run/commands.ts';
import { respondersOf, type Incident } from './incident-run.ts';

/** Writes the command of `./slipway incident` that the first responder pastes for this incident. */
export function responderCommand(incident: Incident, verb: string, flags: Record<string, string>): string {
  const by = respondersOf(incident)[0] ?? '';
  return slipwayCommand(`incident ${verb}`, { by, ...flags }, workflowInfo().workflowId);
}
