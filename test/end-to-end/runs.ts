import { randomUUID } from 'node:crypto';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import { environmentWorkflowId, taskQueue } from '../../contract/ids.ts';
import { messageNames, queryNames, type DecideAction } from '../../contract/messages.ts';
import type { ChangeResult, ChangeStatus, Phase } from '../../contract/status.ts';
import { eventually } from '../until.ts';

export type Run = WorkflowHandle<(input: unknown) => Promise<ChangeResult>>;

export const owner = 'release-owner@example.com';
export const deputy = 'release-deputy@example.com';
export const dataOwner = 'data-owner@example.com';
export const developer = 'developer@example.com';

/** The input of a rollback to what is known to be good. */
export function rollbackOf({ name }: { name: string }, changes: object = {}) {
  const reason = 'errors since the release';
  return { service: name, environment: 'production', requestedBy: owner, reason, ...changes };
}

/** What people send and ask, in the words of the public contract alone. */
export class Runs {
  readonly client: Client;

  constructor(client: Client) {
    this.client = client;
  }

  async start(type: string, input: unknown, workflowId = `${type}-${randomUUID()}`): Promise<Run> {
    return this.client.workflow.start(type, { taskQueue, workflowId, args: [input] }) as Promise<Run>;
  }

  /** Starts a run and waits for its end. */
  async complete(type: string, input: unknown): Promise<ChangeResult> {
    return (await this.start(type, input)).result();
  }

  get(workflowId: string): Run {
    return this.client.workflow.getHandle(workflowId);
  }

  /**
   * Waits until `status` answers what is asked for. While no worker lives nothing answers, which is no reason to give
   * up.
   */
  async until(run: Run, predicate: (status: ChangeStatus) => boolean, timeoutMs = 60_000): Promise<ChangeStatus> {
    const deadline = Date.now() + timeoutMs;
    let last: ChangeStatus | undefined;
    const look = async () => {
      last = await this.status(run, deadline).catch(() => last);
      if (last && predicate(last)) return last;
      if (last?.outcome) throw new Error(`ended before its status was as expected: ${JSON.stringify(last, null, 1)}`);
      return undefined;
    };
    return eventually(() => `status never was as expected: ${JSON.stringify(last, null, 1)}`, look, timeoutMs);
  }

  async untilPhase(run: Run, phase: Phase, timeoutMs?: number): Promise<ChangeStatus> {
    return this.until(run, (status) => status.phase === phase, timeoutMs);
  }

  async approve(run: Run, by = owner): Promise<void> {
    await this.untilPhase(run, 'approval');
    await run.signal(messageNames.approve, { by });
  }

  async decide(run: Run, action: DecideAction, by = owner, evidence?: string): Promise<void> {
    await run.executeUpdate(messageNames.decide, { args: [{ action, by, ...(evidence && { evidence }) }] });
  }

  /**
   * Waits for the end of a deploy across an incompatible migration. The old code errs between the migration and the
   * shift; what it wrote last may count against the new code, and then the data owner lets the deploy go on.
   */
  async resultAcross(run: Run): Promise<ChangeResult> {
    const { phase, waitingFor } = await this.until(
      run,
      (status) => status.phase === 'parked' || status.outcome !== null,
      120_000,
    );
    if (phase === 'parked' && waitingFor?.what.includes('a decision about bake'))
      await this.decide(run, 'skip', dataOwner);
    return run.result();
  }

  async status(run: Run, deadline = Date.now() + 10_000): Promise<ChangeStatus> {
    return this.client.withDeadline(Math.min(deadline, Date.now() + 5_000), () =>
      run.query<ChangeStatus>(queryNames.status),
    );
  }

  async environment(service: string, environment = 'production'): Promise<EnvironmentStatus> {
    return this.client.workflow
      .getHandle(environmentWorkflowId(service, environment))
      .query<EnvironmentStatus>(queryNames.status);
  }

  /** A message of an operator to an environment. */
  async tell(
    service: string,
    name: 'freeze' | 'unfreeze' | 'breakLock',
    reason: string,
    environment = 'production',
  ): Promise<void> {
    await this.client.workflow
      .getHandle(environmentWorkflowId(service, environment))
      .executeUpdate(messageNames[name], { args: [{ by: owner, reason }] });
  }

  async lift(service: string, reason: string, environment = 'production'): Promise<void> {
    await this.client.workflow
      .getHandle(environmentWorkflowId(service, environment))
      .executeUpdate(messageNames.lift, { args: [{ by: owner, reason }] });
  }
}
