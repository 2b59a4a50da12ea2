import { categoryWithRunbook } from '../../contract/incident/text.ts';
import { errorRateLook, type Evidence } from '../../contract/incident/look.ts';
import type { IncidentStatus } from '../../contract/incident/status.ts';
import type { TimelineEntry } from '../../contract/status.ts';
import type { RunReport } from '../api/run-report.ts';
import { betweenText } from './durations.ts';
import { keyTimesOf, type KeyTime } from './key-times.ts';

/** Holds what the report of an incident says: what its run has kept, and what follows from it. */
export interface IncidentReport {
  workflowId: string;
  /** The run in the Temporal UI; null where none is known. */
  link: string | null;
  /** When the report was made. Of an open incident it tells until then. */
  madeAt: string;
  openedAt: string;
  /** Null while it is open. */
  endedAt: string | null;
  /** One line: whether it is over, and how long it took. */
  headline: string;
  category: string;
  times: KeyTime[];
  status: IncidentStatus;
  timeline: readonly TimelineEntry[];
  /** The look that the picture is made of; null if none has values. */
  errorRate: Evidence | null;
}

/** Makes the report of an incident; null if the run is none, or could not be asked. */
export function incidentReport(run: RunReport, timeline: readonly TimelineEntry[], now: Date): IncidentReport | null {
  const status = statusOf(run);
  if (status === null) return null;
  const { workflowId, link, startedAt, closedAt } = run;
  const { category, evidence } = status;
  const span = { openedAt: startedAt, endedAt: closedAt, madeAt: now.toISOString() };
  return {
    workflowId,
    link,
    ...span,
    headline: headlineOf(run, status, span.madeAt),
    category: category === null ? 'not known' : categoryWithRunbook(category),
    times: keyTimesOf(status, run),
    status,
    timeline,
    errorRate: evidence.find(({ name, points }) => name === errorRateLook && points && points.length > 0) ?? null,
  };
}

/** A run that was asked and is an incident says which one. */
function statusOf(run: RunReport): IncidentStatus | null {
  return run.incident === undefined || run.stale ? null : (run as unknown as IncidentStatus);
}

function headlineOf({ closedAt, end }: RunReport, { onset }: IncidentStatus, madeAt: string): string {
  if (closedAt === null) return `open since ${betweenText(onset, madeAt)}`;
  const took = betweenText(onset, closedAt);
  return end?.type === 'Completed' ? `resolved after ${took}` : `ended without a resolution after ${took}`;
}
