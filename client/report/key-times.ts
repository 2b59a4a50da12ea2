import type { IncidentStatus } from '../../contract/incident/status.ts';
import { countOf } from '../../contract/plan.ts';
import type { RunReport } from '../api/run-report.ts';

/** A moment by which an incident is measured. */
export interface KeyTime {
  name: 'began' | 'opened' | 'acknowledged' | 'mitigated' | 'resolved';
  /** RFC 3339; null if it has not come. */
  at: string | null;
  /** Since the incident was opened: people could not know before. Null if it has not come. */
  afterOpeningMs: number | null;
  /** Since the symptom began: so long users had it. */
  afterOnsetMs: number | null;
  /** Says where the moment comes from, or why there is none. */
  how: string;
}

type Run = Pick<RunReport, 'startedAt' | 'closedAt' | 'end'>;
type Found = Pick<KeyTime, 'at' | 'how'>;

/** Finds when it began, was opened, acknowledged, mitigated and resolved, and says how each is known. */
export function keyTimesOf(status: IncidentStatus, run: Run): KeyTime[] {
  const found: Record<KeyTime['name'], Found> = {
    began: began(status, run),
    opened: { at: run.startedAt, how: `the start of the run, by ${status.openedBy}` },
    acknowledged: acknowledged(status),
    mitigated: mitigated(status),
    resolved: resolved(status, run),
  };
  const names = Object.keys(found) as KeyTime['name'][];
  return names.map((name) => {
    const { at, how } = found[name];
    return { name, at, afterOpeningMs: between(run.startedAt, at), afterOnsetMs: between(status.onset, at), how };
  });
}

function began({ onset, alerts }: IncidentStatus, { startedAt }: Run): Found {
  const alert = alerts.find(({ startsAt }) => Date.parse(startsAt) === Date.parse(onset));
  if (alert) return { at: onset, how: `the start of the alert ${alert.name}` };
  const isOpening = Math.abs(Date.parse(onset) - Date.parse(startedAt)) < 60_000 && alerts.length === 0;
  return { at: onset, how: isOpening ? 'nobody said when: taken is the opening' : 'as said when it was opened' };
}

function acknowledged({ acknowledged: first, escalations }: IncidentStatus): Found {
  const late = escalations > 0 ? `; further people were called ${countOf(escalations, 'time')}` : '';
  if (first === null) return { at: null, how: `nobody has acknowledged it${late}` };
  return { at: first.at, how: `the first message of a responder: ${first.by}${late}` };
}

function mitigated({ mitigations }: IncidentStatus): Found {
  const first = mitigations.find(({ succeeded }) => succeeded === true);
  if (first) return { at: first.endedAt, how: `the end of the first mitigation that succeeded: ${first.name}` };
  const none = mitigations.length === 0;
  return {
    at: null,
    how: none ? 'no mitigation was begun' : `none of ${countOf(mitigations.length, 'mitigation')} has succeeded`,
  };
}

function resolved({ outcome }: IncidentStatus, { closedAt, end }: Run): Found {
  if (closedAt === null) return { at: null, how: 'it is still open' };
  if (end?.type === 'Completed') return { at: closedAt, how: 'the end of the run' };
  return { at: null, how: `it ended without a resolution: ${outcome ?? end?.message ?? ''}` };
}

function between(from: string, to: string | null): number | null {
  const ms = to === null ? NaN : Date.parse(to) - Date.parse(from);
  return Number.isNaN(ms) ? null : ms;
}
