import { condition } from '@temporalio/workflow';
import type { IncidentResult } from '../../contract/incident/status.ts';
import type { ResolvePayload } from '../../contract/messages.ts';
import type { WaitingFor } from '../../contract/status.ts';
import { slipwayCommand, temporalSignal } from '../run/commands.ts';
import { now } from '../run/journal.ts';
import { nextRing } from './clocks.ts';
import { lookAtErrorRate } from './error-rate.ts';
import { respondersOf, type Incident } from './incident-run.ts';
import { mitigate } from './mitigation.ts';
import { propose } from './proposal.ts';
import { interrupted, verifyGone } from './resolution.ts';
import { triage } from './triage.ts';

/** Answers people until the incident is over: one request after the other. */
export async function respond(incident: Incident): Promise<IncidentResult> {
  const { inbox, run } = incident;
  for (;;) {
    run.record.status.proposal = propose(incident);
    incident.notifier.open(incident);
    run.record.enter('responding', waitForPeople(incident));
    await untilAsked(incident);
    const request = inbox.take();
    if (request?.kind === 'look') {
      run.record.note(`looks again: ${request.why}`);
      await triage(incident);
    }
    if (request?.kind === 'mitigate') await mitigate(incident, request.payload);
    if (request?.kind === 'resolve') {
      const why = await verifyGone(incident, request.payload);
      if (why === null) await lookAtErrorRate(incident);
      if (why === null && inbox.isEmpty) {
        incident.alerts.close();
        return resolved(incident, request.payload);
      }
      run.record.note(`not resolved: ${why ?? interrupted}`);
    }
  }
}

/** Waits for a request, and shows meanwhile who is on it and until when. */
async function untilAsked(incident: Incident): Promise<void> {
  const { clockCounts, inbox, run } = incident;
  const { status } = run.record;
  // Who takes it on, another severity and a ring set the clocks anew; who follows it up changes what remains.
  const state = () =>
    JSON.stringify([
      ...[status.acknowledged?.by, status.severity, status.followUps.length],
      ...[clockCounts.of('acknowledge'), clockCounts.of('update')],
    ]);
  while (inbox.isEmpty) {
    const shown = state();
    await condition(() => !inbox.isEmpty || state() !== shown);
    if (!inbox.isEmpty) return;
    status.proposal = propose(incident);
    run.record.enter('responding', waitForPeople(incident));
  }
}

function resolved({ run, entry, openedAt }: Incident, { by, note, falseAlarm }: ResolvePayload): IncidentResult {
  const { status } = run.record;
  const { service, environment } = entry;
  const how = falseAlarm ? 'a false alarm' : 'the symptom is gone';
  return {
    outcome: `resolved by ${by}: ${how}${note ? `; ${note}` : ''}`,
    incident: run.id,
    service,
    environment,
    severity: status.severity,
    category: status.category,
    openedAt,
    resolvedAt: now(),
    acknowledgedAt: status.acknowledged?.at ?? null,
    mitigatedAt: status.mitigations.find(({ succeeded }) => succeeded)?.endedAt ?? null,
  };
}

/** Says what the incident needs of people now: somebody who is on it, else what is proposed. */
function waitForPeople(incident: Incident): WaitingFor {
  const { run } = incident;
  const { acknowledged, proposal, severity, waitingFor } = run.record.status;
  const who = respondersOf(incident);
  const by = who[0] ?? '';
  if (!acknowledged) {
    return {
      kind: 'operator',
      what: `somebody to acknowledge this ${severity}`,
      since: incident.openedAt,
      until: nextRing(incident),
      who,
      commands: [
        temporalSignal(run.endpoint, 'acknowledge', { by }),
        slipwayCommand('incident ack', { by }),
        ...(proposal ? [proposal.command] : []),
      ],
    };
  }
  const what = proposal?.what ?? 'what people see and do';
  return {
    kind: 'operator',
    what,
    since: waitingFor?.what === what ? waitingFor.since : now(),
    until: nextRing(incident),
    who: [acknowledged.by],
    commands: proposal ? [proposal.command] : [],
  };
}
