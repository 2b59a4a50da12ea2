import { setTimeout as sleep } from 'node:timers/promises';
import type { RunReport } from '../../api/run-report.ts';
import { CommandError } from '../../cli/command-error.ts';
import type { Session } from '../../cli/session.ts';
import { endText } from '../../view/ending.ts';
import { watchRun } from '../../view/watch.ts';
import { interruption } from '../release.ts';
import type { Stage } from '../stage.ts';
import { slipwayLine } from '../../../contract/shell-word.ts';

/** The alert fires some twenty seconds after the service began to misbehave; a busy machine takes longer. */
const maxOpeningMs = 180_000;
const lookEveryMs = 500;
const sayEveryMs = 10_000;
/** Limits each part of an incident that nobody watches. */
const maxPartMs = 5 * 60_000;

/** Waits until an alert has opened an incident of the sample; answers its workflow id. */
export async function untilIncidentOpens(session: Session, { sample, slipway }: Stage): Promise<string> {
  const { output, interrupted } = session;
  const { service, environment } = sample;
  output.line('\nusers are on it; waiting for the alert, which opens the incident');
  const began = Date.now();
  let saidAt = began;
  while (Date.now() - began < maxOpeningMs) {
    const [incident] = await slipway.list({ service, environment, types: ['incident'] });
    if (incident) return incident.workflowId;
    if (Date.now() - saidAt >= sayEveryMs) {
      saidAt = Date.now();
      output.note(`waiting for the alert since ${Math.round((saidAt - began) / 1_000)} s`);
    }
    await sleep(lookEveryMs, undefined, { signal: interrupted }).catch(() => undefined);
    if (interrupted.aborted) throw interruption();
  }
  throw CommandError.failed(`no alert has opened an incident within ${maxOpeningMs / 60_000} minutes`, [
    'what Alertmanager was told, and what the receiver did, is in the logs folder of the sandbox',
  ]);
}

/** Follows the incident until something is so, or to its end, where `until` never is. */
export async function followIncident(
  session: Session,
  { interactive, slipway }: Stage,
  workflowId: string,
  shown: RunReport | null,
  until: (report: RunReport) => boolean,
): Promise<RunReport> {
  const { output, interrupted } = session;
  const limit = interactive ? {} : { timeoutMs: maxPartMs };
  const { report } = await watchRun(slipway, output, workflowId, { signal: interrupted, until, shown, ...limit });
  if (interrupted.aborted) throw interruption();
  if (report && (until(report) || report.end?.type === 'Completed')) return report;
  const what = report?.end ? `it ended as ${endText(report.end)}` : 'it is not done in time';
  throw CommandError.failed(`the incident did not go on: ${what}`, [slipwayLine('incident show', workflowId)]);
}
