import type { WorkflowHandle } from '@temporalio/client';
import { incidentWorkflowId } from '../../contract/ids.ts';
import type { Episode } from '../../contract/incident/episode.ts';
import type { IncidentResult, IncidentStatus } from '../../contract/incident/status.ts';
import { messageNames, queryNames, type IncidentMessage } from '../../contract/messages.ts';
import { eventually } from '../until.ts';
import type { Start } from './harness.ts';
import { owner, type World } from './world.ts';

/** What people and the alerts' receiver do with an incident. */

export type IncidentHandle = WorkflowHandle<(input: unknown) => Promise<IncidentResult>>;

/** An alert of the category A, as the receiver writes it. */
export function episodeOf(changes: Partial<Episode> = {}): Episode {
  return {
    fingerprint: 'a1',
    startsAt: new Date(Date.now() - 30_000).toISOString(),
    endsAt: null,
    status: 'firing',
    name: 'OpenAgentsRuntimeStreamCompletionRatioLow',
    severity: 'sev2',
    summary: 'less than 90 % of the streams come to their end',
    generatorUrl: '',
    ...changes,
  };
}

export async function openIncident(start: Start, world: World, changes: object = {}): Promise<IncidentHandle> {
  const { service } = world;
  const input = { service, environment: 'staging', title: 'no run starts', openedBy: owner, ...changes };
  return (await start('incident', input, causeOf(world))) as unknown as IncidentHandle;
}

/** Opens an incident as the receiver does: its alerts are in the input, and in the message that comes with it. */
export async function openByAlert(start: Start, world: World, ...alerts: Episode[]): Promise<IncidentHandle> {
  const { service } = world;
  const input = { service, environment: 'staging', title: 'streams do not end', openedBy: 'alertmanager', alerts };
  const message: Parameters<Start>[3] = { signal: messageNames.alerts, signalArgs: [{ episodes: alerts }] };
  return (await start('incident', input, causeOf(world), message)) as unknown as IncidentHandle;
}

/** The id of the incidents of these tests. */
export function causeOf({ service }: World): string {
  return incidentWorkflowId(service, 'staging', 'cause');
}

/** Says that alerts fire at Alertmanager. */
export function fire(world: World, ...alerts: Episode[]): void {
  world.firingAlerts = alerts.map(({ fingerprint, startsAt, name, severity, summary }) => ({
    fingerprint,
    startsAt,
    endsAt: null,
    name,
    severity,
    summary,
    labels: { alertname: name, service: world.service, environment: 'staging', severity },
  })) as unknown as World['firingAlerts'];
}

export function statusOfIncident(run: IncidentHandle): Promise<IncidentStatus> {
  return run.query<IncidentStatus>(queryNames.status);
}

export async function untilIncident(
  run: IncidentHandle,
  what: string,
  predicate: (status: IncidentStatus) => boolean,
): Promise<IncidentStatus> {
  let status: IncidentStatus | undefined;
  const look = async () => {
    status = await statusOfIncident(run);
    return predicate(status) && status;
  };
  return eventually(() => `${what}: ${JSON.stringify(status, null, 1)}`, look, 20_000, 30);
}

/** Waits until triage has ended and people are asked. */
export function untilTriaged(run: IncidentHandle): Promise<IncidentStatus> {
  return untilIncident(run, 'people are asked', ({ phase }) => phase === 'responding');
}

export function say(run: IncidentHandle, message: IncidentMessage, payload: object = {}): Promise<unknown> {
  return run.executeUpdate(messageNames[message], { args: [{ by: owner, ...payload }] });
}

export function tellAlerts(run: IncidentHandle, ...episodes: Episode[]): Promise<unknown> {
  return run.executeUpdate(messageNames.alerts, { args: [{ episodes }] });
}

/** Ends an incident by a person's word, without a look at the symptom. */
export async function endByWord(run: IncidentHandle): Promise<void> {
  await say(run, 'resolve', { falseAlarm: true });
  await run.result();
}

/** Answers why a message was refused. */
export function refusalOf(sent: Promise<unknown>): Promise<string> {
  return sent.then(
    () => 'it was accepted',
    (error: Error) => (error.cause as Error).message,
  );
}
