import { continueAsNew } from '@temporalio/workflow';
import { incidentInputOf } from '../../contract/incident/input-of-alerts.ts';
import { countOf } from '../../contract/plan.ts';
import type { Incident } from './incident-run.ts';

/**
 * Opens the next incident for alerts that came when the end of this one was decided: Temporal has stored them, and
 * their sender will not send them again for hours. It continues the run, so nothing can come in between (ADR 0030).
 */
export async function openSuccessor(ended: () => Incident | null): Promise<void> {
  const incident = ended();
  const alerts = incident?.alerts.forSuccessor ?? [];
  if (!incident || alerts.length === 0) return;
  const { entry, run } = incident;
  run.record.note(`${countOf(alerts.length, 'alert')} came too late for it: the next incident opens`);
  await continueAsNew({ ...incidentInputOf(entry, alerts), alerts });
}
