import { workflowInfo } from '@temporalio/workflow';
import { bellNames, type CallerBell, type IncidentLease } from '../../contract/bells.ts';
import type { FreezingIncident } from '../../contract/environment.ts';
import { changeId } from '../../contract/ids.ts';
import { askingIncident } from '../run/activities.ts';
import { refusal } from '../run/messages.ts';
import { answerBell } from './answer-bell.ts';
import type { EnvironmentFreezes } from './freezes.ts';
import { setMitigation } from './queue.ts';
import type { EnvironmentRecord } from './record.ts';
import type { EnvironmentState } from './state.ts';
import { watchRun, type WatchedRun } from './watch-run.ts';

/**
 * Keeps the freezes of incidents, and their mitigations that are under way. Any client could ring for one, so the
 * environment asks the incident itself, and it watches the incident's run: however that ends, the freeze ends with it.
 */
export class IncidentFreezes {
  private readonly record: EnvironmentRecord;
  private readonly freezes: EnvironmentFreezes;
  private readonly watched = new Map<string, WatchedRun>();
  private readonly byLooks: () => boolean;

  constructor(record: EnvironmentRecord, freezes: EnvironmentFreezes, byLooks: () => boolean) {
    this.record = record;
    this.freezes = freezes;
    this.byLooks = byLooks;
  }

  /** Has the runs of incidents looked at soon: a person doubts that they live. */
  lookSoon(): void {
    for (const run of this.watched.values()) run.lookSoon();
  }

  listen(opened: () => Promise<EnvironmentState>): void {
    answerBell(this.record, bellNames.incident, async (caller) => this.hear(await opened(), caller));
  }

  /** Watches the incidents that the run before has known. */
  resume(state: EnvironmentState): void {
    for (const incident of state.incidents) this.watch(state, incident);
  }

  private async hear(state: EnvironmentState, caller: CallerBell): Promise<{ frozen: boolean }> {
    const { service, environment } = this.record.place;
    const { taskQueue } = workflowInfo();
    const request = { service, environment, taskQueue, caller };
    const answer = await askingIncident('ask the incident that sent the message').askIncident(request);
    if ('refused' in answer) throw refusal(answer.refused);
    // A run of an earlier version says nothing of mitigations.
    const mitigation = (answer as Partial<IncidentLease>).mitigation ?? null;
    setMitigation(state, caller.workflowId, mitigation && changeId(mitigation.firstExecutionRunId));
    const incident = answer.freezes && { ...caller, ...answer.freezes };
    await this.freezes.setIncident(state, caller.workflowId, incident);
    if (incident) this.watch(state, incident);
    else void this.watched.get(caller.workflowId)?.stop();
    this.record.publish(state);
    return { frozen: incident !== null };
  }

  private watch(state: EnvironmentState, { workflowId, firstExecutionRunId }: FreezingIncident): void {
    if (this.watched.has(workflowId)) return;
    const run = watchRun(
      { workflowId, firstExecutionRunId },
      {
        summary: `follow ${workflowId}`.slice(0, 200),
        // People see the freeze, and are told of its end: they wait for it also where no change does.
        waiting: () => ['people', ...state.queue.map(({ change }) => change)].join(' '),
        byLooks: this.byLooks(),
      },
    );
    this.watched.set(workflowId, run);
    void run.ended.then(async (how) => {
      this.watched.delete(workflowId);
      if (how === null) return;
      this.record.note(`${workflowId} has ended: ${how}`);
      await this.freezes.setIncident(state, workflowId, null);
      this.record.publish(state);
    });
  }
}
