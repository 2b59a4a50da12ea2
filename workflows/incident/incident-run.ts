import { workflowInfo } from '@temporalio/workflow';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { IncidentsEntry } from '../../contract/catalog/incidents.ts';
import { defaultIncidents } from '../../contract/incident/default-incidents.ts';
import { leaseQuery, type CallerBell, type IncidentLease } from '../../contract/bells.ts';
import { changeId, incidentWorkflowId } from '../../contract/ids.ts';
import type { Episode } from '../../contract/incident/episode.ts';
import type { IncidentResult, IncidentStatus } from '../../contract/incident/status.ts';
import { incidentInput, type IncidentInput } from '../../contract/inputs.ts';
import type { EnvironmentSigning } from '../../contract/environment.ts';
import { peopleOf, rolesOf, samePerson } from '../../contract/people.ts';
import type { BrokenChange } from '../../contract/step-back.ts';
import { ending } from '../run/failures.ts';
import { identityOf } from '../run/identity.ts';
import { now } from '../run/journal.ts';
import { newRunStatus, RunRecord } from '../run/record.ts';
import { resolveEntry } from '../run/resolve-entry.ts';
import { Run } from '../run/run.ts';
import { AlertBook } from './alert-book.ts';
import { listenToChanges } from './broken-changes.ts';
import { ClockCounts } from './clocks.ts';
import { describeIncident } from './details.ts';
import { answerEnvironment, nothingWanted } from './freeze.ts';
import { Inbox } from './inbox.ts';
import { Notifier, tellTheEnd } from './notifier.ts';
import { listenToResponders } from './responders.ts';
import { openSuccessor } from './successor.ts';

/** An incident whose input and catalog entry are known. */
export interface Incident {
  readonly run: Run<IncidentStatus>;
  readonly entry: CatalogEntry;
  /** The rules of its environment. */
  readonly rules: IncidentsEntry;
  readonly alerts: AlertBook;
  /** Alerts that it was opened with: not believed yet. */
  readonly openedWith: readonly Episode[];
  /** The change that has opened it: not believed yet. Null if none has. */
  readonly openedByChange: CallerBell | null;
  /** Changes that were taken back when the end was decided: they are the next incident's. */
  readonly lateChanges: BrokenChange[];
  /** What people and alerts have asked for, in order. */
  readonly inbox: Inbox;
  readonly notifier: Notifier;
  readonly clockCounts: ClockCounts;
  readonly openedAt: string;
  /** True if somebody whom the catalog lists has opened it: then it needs no alert that bears it out. */
  readonly isOpenedByPerson: boolean;
}

/** Runs an incident: handlers first, then the input and the catalog entry, then its story. */
export async function runIncident(
  raw: unknown,
  story: (incident: Incident) => Promise<IncidentResult>,
): Promise<IncidentResult> {
  const id = incidentId();
  const run = new Run(new RunRecord(newIncidentStatus(id), describeIncident), id);
  let opened: Incident | null = null;
  listenToResponders(run, () => opened);
  listenToChanges(run, () => opened);
  run.answer<IncidentLease>(leaseQuery, 'Asked by its environment; not for people', () =>
    opened ? answerEnvironment(opened) : nothingWanted,
  );
  const live = async () => {
    const incident = (opened = await openIncident(run, raw));
    try {
      return await tellTheEnd(incident, () => story(incident));
    } finally {
      incident.alerts.close();
    }
  };
  try {
    return await run.conclude(live, {
      cancelled: () => 'cancelled: nobody has looked whether the symptom is gone',
      isSettled: () => opened?.notifier.isSettled ?? true,
    });
  } finally {
    await openSuccessor(() => opened);
  }
}

/** Names the people who may acknowledge, classify, mitigate and resolve. */
export function respondersOf({ entry, rules }: Pick<Incident, 'entry' | 'rules'>): string[] {
  return peopleOf(entry.owners, responderRoles({ entry, rules }));
}

/** Names the roles that may answer for the incident. */
export function responderRoles({ entry, rules }: Pick<Incident, 'entry' | 'rules'>): readonly string[] {
  return rules.responders ?? entry.settings.operators;
}

/** Names the roles that are called when nobody has acknowledged in time. */
export function escalationRoles({ entry, rules }: Pick<Incident, 'entry' | 'rules'>): readonly string[] {
  return rules.escalateTo ?? Object.keys(entry.owners);
}

async function openIncident(run: Run<IncidentStatus>, raw: unknown): Promise<Incident> {
  const openedAt = now();
  const input = run.parse(incidentInput, raw, (given) => shown(given, openedAt));
  const { service, environment, alerts = [], change = null } = input;
  requireOwnId(input);
  const found = await resolveEntry(run, { service, environment, waits: true });
  const { entry } = found;
  const { owners, settings } = entry;
  run.identify(identityOf(found, [entry]));
  const isOpenedByPerson = rolesOf(owners, Object.keys(owners), input.openedBy).length > 0;
  if (!isOpenedByPerson && alerts.length === 0 && change === null)
    throw ending(
      'InvalidInput',
      `openedBy: ${input.openedBy} holds no role of ${service}, and neither an alert nor a change was given`,
    );
  const rules = settings.incidents ?? defaultIncidents;
  const signing = signingOf({ entry, rules }, found.temporal);
  if (signing) run.record.status.signing = signing;
  return {
    run,
    entry,
    rules,
    alerts: new AlertBook(run.record),
    openedWith: alerts,
    openedByChange: change,
    lateChanges: [],
    inbox: new Inbox(),
    notifier: new Notifier(entry, run.record),
    clockCounts: new ClockCounts(),
    openedAt,
    isOpenedByPerson,
  };
}

/** Answers what responders sign; null where their messages are believed. */
function signingOf(
  incident: Pick<Incident, 'entry' | 'rules'>,
  temporal: string | undefined,
): EnvironmentSigning | null {
  const { signers, settings } = incident.entry;
  if (temporal === undefined || settings.approvals.identity !== 'signed') return null;
  const people = respondersOf(incident);
  return { temporal, signers: signers.filter(({ by }) => people.some((person) => samePerson(person, by))) };
}

/** Requires the fixed id: whoever knows service, environment and cause finds the incident, and there is only one. */
function requireOwnId({ service, environment }: IncidentInput): void {
  const { workflowId } = workflowInfo();
  const beginning = incidentWorkflowId(service, environment, '');
  if (!workflowId.startsWith(beginning) || !/^[a-z0-9][a-z0-9-]{0,79}$/.test(workflowId.slice(beginning.length)))
    throw ending('InvalidInput', `an incident's workflow id is ${beginning}<cause>, not ${workflowId}`);
}

function shown(
  { service, environment, title, openedBy, severity, category, onset, alerts = [] }: IncidentInput,
  openedAt: string,
): Partial<IncidentStatus> {
  const began = alerts.map(({ startsAt }) => startsAt).sort((a, b) => Date.parse(a) - Date.parse(b))[0];
  return {
    service,
    environment,
    title,
    openedBy,
    severity: severity ?? 'SEV-2',
    category: category ?? null,
    onset: onset ?? began ?? openedAt,
  };
}

/** Makes the incident's id. A successor continues the run of the incident before it, and is another incident. */
function incidentId(): string {
  const { continuedFromExecutionRunId, firstExecutionRunId, runId } = workflowInfo();
  return changeId(continuedFromExecutionRunId === undefined ? firstExecutionRunId : runId);
}

function newIncidentStatus(incident: string): IncidentStatus {
  return {
    ...newRunStatus(),
    incident,
    title: '',
    openedBy: '',
    severity: 'SEV-2',
    category: null,
    onset: '',
    acknowledged: null,
    escalations: 0,
    escalatedAt: null,
    classifiedAt: null,
    alerts: [],
    furtherAlerts: 0,
    flapped: 0,
    evidence: [],
    suspects: [],
    likely: [],
    checklist: [],
    mitigations: [],
    brokenChanges: [],
    followUps: [],
    proposal: null,
    updates: [],
    updateDue: null,
  };
}
