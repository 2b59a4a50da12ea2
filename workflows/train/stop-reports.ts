import { CancellationScope } from '@temporalio/workflow';
import type { ChangeStatus, StopStatus } from '../../contract/status.ts';
import { lookups } from '../run/activities.ts';
import { isExpected, messageOf } from '../run/failures.ts';
import { refusal } from '../run/messages.ts';
import type { RunRecord } from '../run/record.ts';

/** A step of a stop, as the release shows it. */
export function stopStep(environment: string, name: string): string {
  return `${environment}: ${name}`;
}

/** Shows in a release what the runs of its stops answer; a bell of theirs is only a reason to ask. */
export class StopReports {
  private readonly record: RunRecord<ChangeStatus>;
  /** The runs that this release has started, by workflow id: another run of that id has no say. */
  private readonly runs = new Map<string, string>();
  /** One question after the other, so that an older answer never takes the place of a newer one. */
  private last: Promise<ChangeStatus | null> = Promise.resolve(null);
  /** The question that has not been sent yet: it answers every bell that comes before it is. */
  private next: Promise<ChangeStatus | null> | null = null;

  constructor(record: RunRecord<ChangeStatus>) {
    this.record = record;
  }

  /** Learns which run a stop is. */
  started(workflowId: string, runId: string): void {
    this.runs.set(workflowId, runId);
  }

  /** Hears a bell; only the run of a stop that is under way may ring. */
  async hear(workflowId: string): Promise<void> {
    if (!this.underWay(workflowId)) throw refusal('the message is not from a stop of this release that is under way');
    await this.show(workflowId);
  }

  /** Asks the run of a stop where it stands, and shows it; null where it does not answer. */
  async show(workflowId: string): Promise<ChangeStatus | null> {
    this.next ??= this.last.then(() => {
      this.next = null;
      this.last = CancellationScope.nonCancellable(() => this.ask(workflowId));
      return this.last;
    });
    return this.next;
  }

  private async ask(workflowId: string): Promise<ChangeStatus | null> {
    if (!this.underWay(workflowId)) return null;
    try {
      const status = await lookups.stopStatus({ workflowId, runId: this.runs.get(workflowId) });
      const stop = this.underWay(workflowId);
      if (status && stop) showStatus(this.record, stop, status);
      return status;
    } catch (error) {
      if (!isExpected(error)) throw error;
      this.record.note(`${workflowId} does not answer where it stands: ${messageOf(error)}`);
      return null;
    }
  }

  private underWay(id: string): StopStatus | undefined {
    return this.record.status.stops?.find(({ workflowId, state }) => workflowId === id && state === 'running');
  }
}

function showStatus(record: RunRecord<ChangeStatus>, stop: StopStatus, status: ChangeStatus): void {
  stop.change = status.change;
  showSteps(record, stop, status.steps);
  record.note(`${stop.environment}: phase ${status.phase}`);
  showApprovals(record, stop, status.approvals);
  showWait(record, stop, status);
}

/**
 * A stop that reached its aim has nothing more to come: what it never began was not needed, such as an approval that
 * nobody has to give.
 */
export function closeStop(record: RunRecord<ChangeStatus>, stop: StopStatus): void {
  stop.state = 'passed';
  const prefix = stopStep(stop.environment, '');
  for (const step of record.status.steps) {
    if (step.name.startsWith(prefix) && step.state === 'pending')
      Object.assign(step, { state: 'skipped', detail: 'not needed' });
  }
}

/** The stop's own list takes the place of what was planned: it knows what was left out, and what came to it. */
function showSteps(record: RunRecord<ChangeStatus>, { environment }: StopStatus, steps: ChangeStatus['steps']): void {
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
  record: RunRecord<ChangeStatus>,
  environment: string,
  { name, state, endedAt, error, detail }: ChangeStatus['steps'][number],
): void {
  const known = record.status.steps.find((step) => step.name === stopStep(environment, name));
  if (endedAt === null || known?.endedAt === endedAt) return;
  record.note(`${stopStep(environment, name)}: ${state}${error ? `: ${error}` : detail ? `: ${detail}` : ''}`);
}

/** Those of the stops before, and those that count now for this one. */
function showApprovals(
  { status }: RunRecord<ChangeStatus>,
  { environment }: StopStatus,
  approvals: ChangeStatus['approvals'],
): void {
  status.approvals = [
    ...status.approvals.filter((known) => known.environment !== environment),
    ...approvals.map((approval) => ({ ...approval, environment })),
  ];
}

/** What the stop waits for is what the release waits for; otherwise it is on its way. */
function showWait(
  record: RunRecord<ChangeStatus>,
  { environment, workflowId }: StopStatus,
  { phase, waitingFor }: ChangeStatus,
): void {
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
