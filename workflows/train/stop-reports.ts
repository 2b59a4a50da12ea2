import type { StopReport } from '../../contract/release.ts';
import type { StopStatus } from '../../contract/status.ts';
import type { RunRecord } from '../run/record.ts';

/** A step of a stop, as the release shows it. */
export function stopStep(environment: string, name: string): string {
  return `${environment}: ${name}`;
}

/** Shows what the run of a stop tells. A report of anything but a stop that is under way is not believed. */
export function showReport(record: RunRecord, report: StopReport): void {
  const stop = record.status.stops?.find(
    ({ workflowId, state }) => workflowId === report.workflowId && state === 'running',
  );
  if (!stop) return;
  stop.change = report.change;
  showSteps(record, stop, report.steps);
  record.note(`${stop.environment}: phase ${report.phase}`);
  showApprovals(record, stop, report.approvals);
  showWait(record, stop, report);
}

/**
 * A stop that reached its aim has nothing more to come: what it never began was not needed, such as an approval that
 * nobody has to give.
 */
export function closeStop(record: RunRecord, stop: StopStatus): void {
  stop.state = 'passed';
  const prefix = stopStep(stop.environment, '');
  for (const step of record.status.steps) {
    if (step.name.startsWith(prefix) && step.state === 'pending')
      Object.assign(step, { state: 'skipped', detail: 'not needed' });
  }
}

/** The stop's own list takes the place of what was planned: it knows what was left out, and what came to it. */
function showSteps(record: RunRecord, { environment }: StopStatus, steps: StopReport['steps']): void {
  const { status } = record;
  const prefix = stopStep(environment, '');
  for (const step of steps) noteEnd(record, environment, step);
  const at = status.steps.findIndex(({ name }) => name.startsWith(prefix));
  const others = status.steps.filter(({ name }) => !name.startsWith(prefix));
  others.splice(
    at < 0 ? others.length : at,
    0,
    ...steps.map((step) => ({ ...step, name: stopStep(environment, step.name) })),
  );
  status.steps = others;
}

/** The timeline of the release has each step of a stop when it has ended, once for each time. */
function noteEnd(
  record: RunRecord,
  environment: string,
  { name, state, endedAt, error, detail }: StopReport['steps'][number],
): void {
  const known = record.status.steps.find((step) => step.name === stopStep(environment, name));
  if (endedAt === null || known?.endedAt === endedAt) return;
  record.note(`${stopStep(environment, name)}: ${state}${error ? `: ${error}` : detail ? `: ${detail}` : ''}`);
}

/** Those of the stops before, and those that count now for this one. */
function showApprovals({ status }: RunRecord, { environment }: StopStatus, approvals: StopReport['approvals']): void {
  status.approvals = [
    ...status.approvals.filter((known) => known.environment !== environment),
    ...approvals.map((approval) => ({ ...approval, environment })),
  ];
}

/** What the stop waits for is what the release waits for; otherwise it is on its way. */
function showWait(record: RunRecord, { environment, workflowId }: StopStatus, { phase, waitingFor }: StopReport): void {
  const { waitingFor: shown } = record.status;
  if (!waitingFor) {
    if (shown !== null || record.status.phase !== 'releasing') record.enter('releasing');
    else record.describe();
    return;
  }
  const what = stopStep(environment, waitingFor.what);
  if (shown?.what === what && shown.since === waitingFor.since) record.describe();
  else record.enter(phase, { ...waitingFor, kind: 'child', what, child: workflowId });
}
