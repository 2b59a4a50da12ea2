import { condition, isCancellation, sleep, workflowInfo } from '@temporalio/workflow';
import type { IncidentLease } from '../../contract/bells.ts';
import { freezesEnvironment } from '../../contract/incident/severity.ts';
import { reading } from '../run/activities.ts';
import { isExpected, messageOf } from '../run/failures.ts';
import type { Incident } from './incident-run.ts';

const againAfter = '30 seconds';

/**
 * Says why nobody may release in its environment; null if they may. A grave incident freezes it as long as it lives,
 * but by no stranger's word: a person of the catalog or Alertmanager itself has to stand for it.
 */
export function wantedFreeze({ isOpenedByPerson, openedAt, run }: Incident): IncidentLease['freezes'] {
  const { severity, title, acknowledged, alerts, outcome, incident } = run.record.status;
  const isBorneOut = isOpenedByPerson || acknowledged !== null || alerts.some(({ confirmed }) => confirmed === 'yes');
  if (!freezesEnvironment(severity) || !isBorneOut || outcome !== null) return null;
  return { reason: `incident ${incident}, ${severity}: ${title}`.slice(0, 1000), since: openedAt };
}

/**
 * Has the environment ask whenever the answer becomes another one, as long as the incident lives. The environment
 * watches the run, so its end needs no word. What fails is tried again and keeps nobody waiting.
 */
export async function keepFreeze(incident: Incident): Promise<void> {
  const { entry, run } = incident;
  const { service, environment } = entry;
  const { workflowId, firstExecutionRunId } = workflowInfo();
  let told = 'null';
  const wanted = () => JSON.stringify(wantedFreeze(incident));
  try {
    for (;;) {
      await condition(() => wanted() !== told);
      const telling = wanted();
      try {
        const caller = { workflowId, firstExecutionRunId };
        await reading('freeze by an incident').announceIncident({ service, environment, caller });
        told = telling;
        run.record.note(
          telling === 'null' ? `${environment} is not frozen by it any more` : `${environment} is frozen`,
        );
      } catch (error) {
        if (isCancellation(error) || !isExpected(error)) throw error;
        run.record.note(`${environment} could not be told of the freeze: ${messageOf(error)}`);
        await sleep(againAfter);
      }
    }
  } catch (error) {
    if (!isCancellation(error)) throw error;
  }
}
