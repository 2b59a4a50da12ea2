import { condition, isCancellation, sleep, workflowInfo } from '@temporalio/workflow';
import type { IncidentLease } from '../../contract/bells.ts';
import { freezesEnvironment } from '../../contract/incident/severity.ts';
import { announcing } from '../run/activities.ts';
import { isExpected, messageOf } from '../run/failures.ts';
import type { Incident } from './incident-run.ts';

const againAfter = '30 seconds';

/** The answer of an incident that wants nothing of its environment. */
export const nothingWanted: IncidentLease = { freezes: null, mitigation: null };

/** Answers what the incident wants of its environment: a freeze, and that its mitigation passes every freeze. */
export function answerEnvironment(incident: Incident): IncidentLease {
  return { freezes: wantedFreeze(incident), mitigation: mitigationUnderWay(incident) };
}

/**
 * Says why nobody may release in its environment; null if they may. A grave incident freezes it as long as it lives,
 * but by no stranger's word: a person of the catalog, Alertmanager itself or the change has to stand for it.
 */
function wantedFreeze({ isOpenedByPerson, openedAt, run }: Incident): IncidentLease['freezes'] {
  const { severity, title, acknowledged, alerts, brokenChanges, outcome, incident } = run.record.status;
  const isConfirmed = brokenChanges.length > 0 || alerts.some(({ confirmed }) => confirmed === 'yes');
  const isBorneOut = isOpenedByPerson || acknowledged !== null || isConfirmed;
  if (!freezesEnvironment(severity) || !isBorneOut || outcome !== null) return null;
  return { reason: `incident ${incident}, ${severity}: ${title}`.slice(0, 1000), since: openedAt };
}

/** Answers the run of the mitigation that is under way; null until it is started, and once it has ended. */
function mitigationUnderWay({ run }: Incident): IncidentLease['mitigation'] {
  const current = run.record.status.mitigations.find(({ endedAt }) => endedAt === null);
  if (!current?.firstExecutionRunId) return null;
  return { workflowId: current.workflowId, firstExecutionRunId: current.firstExecutionRunId };
}

/**
 * Has the environment ask whenever the answer becomes another one, as long as the incident lives. The environment
 * watches the run, so its end needs no word. What fails is tried again and keeps nobody waiting.
 */
export async function keepFreeze(incident: Incident): Promise<void> {
  const { entry, run } = incident;
  const { service, environment } = entry;
  const { workflowId, firstExecutionRunId } = workflowInfo();
  // Null in a successor: the environment may still know the freeze of the incident before, whose run this continues.
  let told: IncidentLease | null = workflowInfo().continuedFromExecutionRunId === undefined ? nothingWanted : null;
  const wanted = () => answerEnvironment(incident);
  try {
    for (;;) {
      await condition(() => !isSame(wanted(), told));
      const telling = wanted();
      try {
        const caller = { workflowId, firstExecutionRunId };
        await announcing('tell the environment of the incident').announceIncident({ service, environment, caller });
        if (!isSame(telling.freezes, told?.freezes ?? null))
          run.record.note(telling.freezes ? `${environment} is frozen` : `${environment} is not frozen by it any more`);
        told = telling;
      } catch (error) {
        if (isCancellation(error) || !isExpected(error)) throw error;
        run.record.note(`${environment} could not be told of the incident: ${messageOf(error)}`);
        await sleep(againAfter);
      }
    }
  } catch (error) {
    if (!isCancellation(error)) throw error;
  }
}

function isSame(a: object | null, b: object | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
