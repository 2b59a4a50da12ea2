import type { IncidentResult } from '../contract/incident/status.ts';
import { believeAlerts } from './incident/alerts.ts';
import { believeChange } from './incident/broken-changes.ts';
import { keepClocks } from './incident/clocks.ts';
import { keepFreeze } from './incident/freeze.ts';
import { runIncident } from './incident/incident-run.ts';
import { respond } from './incident/respond.ts';
import { triage } from './incident/triage.ts';

/**
 * An incident, from the first word of it to its resolution (runbook 001, sections 3 and 4; runbook 004, incident
 * response checklist). It gathers the evidence at once, names the suspects and what to do about them, and then answers
 * people. It holds no environment: what it does about the cause is a change of its own.
 */
export async function incident(raw: unknown): Promise<IncidentResult> {
  return runIncident(raw, async (opened) => {
    await believeChange(opened);
    await believeAlerts(opened);
    void keepFreeze(opened);
    await triage(opened);
    void keepClocks(opened);
    return respond(opened);
  });
}
