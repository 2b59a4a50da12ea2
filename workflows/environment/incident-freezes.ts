import { CancellationScope, defineUpdate, isCancellation, setHandler, workflowInfo } from '@temporalio/workflow';
import { bellNames, callerBell, type CallerBell } from '../../contract/bells.ts';
import type { FreezingIncident } from '../../contract/environment.ts';
import { refusedType } from '../../contract/failures.ts';
import { verifying, watching } from '../run/activities.ts';
import { isExpected, isFailure, messageOf } from '../run/failures.ts';
import { parsePayload, refusal } from '../run/messages.ts';
import type { EnvironmentFreezes } from './freezes.ts';
import type { EnvironmentRecord } from './record.ts';
import type { EnvironmentState } from './state.ts';

/**
 * Keeps the freezes of incidents. Any client could ring for one, so the environment asks the incident itself, and it
 * watches the incident's run: however that ends, the freeze ends with it.
 */
export class IncidentFreezes {
  private readonly record: EnvironmentRecord;
  private readonly freezes: EnvironmentFreezes;
  private readonly watched = new Map<string, CancellationScope>();

  constructor(record: EnvironmentRecord, freezes: EnvironmentFreezes) {
    this.record = record;
    this.freezes = freezes;
  }

  listen(opened: () => Promise<EnvironmentState>): void {
    const receive = async (raw: unknown): Promise<{ frozen: boolean }> => {
      try {
        return await this.hear(await opened(), parsePayload(callerBell, raw));
      } catch (error) {
        if (isFailure(error, refusedType)) this.record.refuse(bellNames.incident, '', messageOf(error));
        throw isExpected(error) || isFailure(error, refusedType) ? error : refusal('the message could not be judged');
      }
    };
    setHandler(defineUpdate<{ frozen: boolean }, [unknown]>(bellNames.incident), receive, {
      description: 'Sent by our own runs; not for people',
    });
  }

  /** Watches the incidents that the run before has known. */
  resume(state: EnvironmentState): void {
    for (const incident of state.incidents) this.watch(state, incident);
  }

  private async hear(state: EnvironmentState, caller: CallerBell): Promise<{ frozen: boolean }> {
    const { service, environment } = this.record.place;
    const { taskQueue } = workflowInfo();
    const request = { service, environment, taskQueue, caller };
    const answer = await verifying('ask the incident that sent the message').askIncident(request);
    if ('refused' in answer) throw refusal(answer.refused);
    const incident = answer.freezes && { ...caller, ...answer.freezes };
    await this.freezes.setIncident(state, caller.workflowId, incident);
    if (incident) this.watch(state, incident);
    else this.watched.get(caller.workflowId)?.cancel();
    this.record.publish(state);
    return { frozen: incident !== null };
  }

  private watch(state: EnvironmentState, { workflowId, firstExecutionRunId }: FreezingIncident): void {
    if (this.watched.has(workflowId)) return;
    const scope = new CancellationScope();
    this.watched.set(workflowId, scope);
    void scope
      .run(() => watching(`follow ${workflowId}`.slice(0, 200)).followHolder({ workflowId, firstExecutionRunId }))
      .then(({ status }) => `${workflowId} has ended: ${status}`)
      .catch((error: unknown) => (isCancellation(error) ? null : `${workflowId} is not watched: ${messageOf(error)}`))
      .then(async (ended) => {
        this.watched.delete(workflowId);
        if (ended === null) return;
        this.record.note(ended);
        await this.freezes.setIncident(state, workflowId, null);
        this.record.publish(state);
      });
  }
}
