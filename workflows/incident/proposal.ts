import { workflowInfo } from '@temporalio/workflow';
import { categoryOf } from '../../contract/incident/categories/index.ts';
import type { IncidentStatus } from '../../contract/incident/status.ts';
import { slipwayCommand } from '../run/commands.ts';
import { respondersOf, type Incident } from './incident-run.ts';

/** Points from which a change is suspect enough to be proposed for a rollback. */
const minScore = 50;

/**
 * Proposes what to do next: to roll back the first suspect where the incident is release-correlated (runbook 004,
 * incident response checklist, step 3), else what a person has to look at.
 */
export function propose(incident: Incident): IncidentStatus['proposal'] {
  const { status } = incident.run.record;
  const by = respondersOf(incident)[0] ?? '';
  const { workflowId } = workflowInfo();
  const [suspect] = status.suspects;
  const isMitigated = status.mitigations.some(({ succeeded }) => succeeded === true);
  if (isMitigated) {
    const what = 'see whether the symptom is gone, then resolve the incident';
    return { what, command: slipwayCommand('incident resolve', { by }, workflowId) };
  }
  if (suspect && suspect.change !== '' && suspect.score >= minScore && rollbackHelps(status)) {
    const what = `roll back: ${suspect.what} (${suspect.reasons.join('; ')})`;
    return { what, command: slipwayCommand('incident mitigate', { by, action: 'rollback' }, workflowId) };
  }
  const open = status.checklist.find(({ state }) => state !== 'done');
  const what = open ? `no release is suspect; next of the checklist: ${open.action}` : 'no release is suspect';
  return { what, command: slipwayCommand('incident note', { by, text: 'what you have seen' }, workflowId) };
}

function rollbackHelps({ category }: IncidentStatus): boolean {
  return category === null || categoryOf(category).mitigations.includes('rollback');
}
