import { continueAsNew } from '@temporalio/workflow';
import { incidentInputOf } from '../../contract/incident/input-of-alerts.ts';
import { countOf } from '../../contract/plan.ts';
import { incidentInputOfChange } from '../../contract/step-back.ts';
import type { Incident } from './incident-run.ts';

/**
 * Opens the next incident for alerts and changes that came when the end of this one was decided: Temporal has stored
 * them, and who sent them does not send them again, or not for hours. It continues the run, so nothing can come in
 * between (ADR 0030).
 */
export async function openSuccessor(ended: () => Incident | null): Promise<void> {
  const incident = ended();
  const alerts = incident?.alerts.forSuccessor ?? [];
  if (!incident) return;
  const { entry, lateChanges, run } = incident;
  const change = lateChanges.at(-1);
  if (alerts.length === 0 && !change) return;
  const late = [
    ...(alerts.length > 0 ? [countOf(alerts.length, 'alert')] : []),
    ...(change ? [countOf(lateChanges.length, 'change')] : []),
  ].join(' and ');
  run.record.note(`${late} came too late for it: the next incident opens`);
  await continueAsNew({
    ...(change ? incidentInputOfChange(entry, change) : incidentInputOf(entry, alerts)),
    ...(alerts.length > 0 && { alerts }),
  });
}
