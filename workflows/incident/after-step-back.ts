import { liftCommand } from '../../contract/holds.ts';
import type { Proposal } from '../../contract/incident/status.ts';
import { describeBroken } from '../../contract/step-back.ts';
import type { Incident } from './incident-run.ts';
import { responderCommand } from './responder-command.ts';

/**
 * Proposes what remains after a change was taken back: to find the cause where its restore succeeded, else to roll
 * back. Null where no change was, or where something more was done since.
 */
export function proposeAfterStepBack(incident: Incident): Proposal | null {
  const { entry, run } = incident;
  const { brokenChanges, followUps, mitigations } = run.record.status;
  const last = brokenChanges.at(-1);
  if (!last || mitigations.some(({ name, succeeded }) => name !== 'restore' && succeeded === true)) return null;
  const { gate, why, restore } = last.stepBack;
  const what = describeBroken(last);
  if (!restore.succeeded) {
    // What was tried and has failed is not proposed again.
    if (mitigations.some(({ name }) => name === 'rollback')) return null;
    const mitigation = { action: 'rollback' } as const;
    const command = responderCommand(incident, 'mitigate', mitigation);
    return { what: `roll back: ${what} failed in ${gate}, and its ${restore.outcome}`, command, mitigation };
  }
  // Who finds the cause is known: the symptom remains to be looked at.
  if (followUps.length > 0) return null;
  return {
    what:
      `find out why ${what} failed in ${gate}: ${why}. Users are back: ${restore.outcome}. Its artifact stays ` +
      `on hold until a person lifts it (${liftCommand(entry)})`,
    command: responderCommand(incident, 'follow-up', {
      text: 'find the cause',
      owner: 'who does it',
      due: 'YYYY-MM-DD',
    }),
    mitigation: null,
  };
}
