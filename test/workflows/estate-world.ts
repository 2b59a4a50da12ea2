import { WithStartWorkflowOperation } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import type { Ports } from '../../activities/ports/index.ts';
import { bellNames, type CallerBell, type HolderLease } from '../../contract/bells.ts';
import type { JoinAnswer, LeaveRequest } from '../../contract/environment.ts';
import { changeId, environmentWorkflowId } from '../../contract/ids.ts';
import type { Harness } from './harness.ts';
import { developer, noApprovals, World } from './world.ts';

/** A run that wants an environment, as far as the environment can see it. */
interface Caller extends CallerBell {
  environment: string;
  lease: HolderLease;
  isOpen: boolean;
}

/**
 * Many environments of one service, and runs that want them: these exist only as the server and their own answers
 * would show them, so that hundreds cost next to nothing. Each environment has a ledger of its own.
 */
export class EstateWorld extends World {
  override readonly otherRuns: Ports['runs'];
  private readonly callers = new Map<string, Caller>();

  private readonly places: number;

  /** `places`: how many environments the catalog lists; `entryBytes`: how large each of their entries is, about. */
  constructor(places = 0, entryBytes = 0) {
    super({ approvals: noApprovals });
    this.places = places;
    const [smoke] = this.entry.settings.smoke;
    if (smoke) this.entry.settings.smoke = [{ ...smoke, path: `/${'x'.repeat(entryBytes)}` }];
    this.otherRuns = {
      ...super.ports({} as never, {} as never).runs,
      describe: async (workflowId) => {
        const caller = this.callers.get(workflowId);
        return (
          (caller && {
            runId: caller.firstExecutionRunId,
            firstExecutionRunId: caller.firstExecutionRunId,
            isOpen: caller.isOpen,
            type: 'deploy',
            taskQueue: this.taskQueue,
          }) ??
          null
        );
      },
      leaseOf: async (workflowId) => {
        const { environment, lease } = this.callers.get(workflowId) ?? {};
        return { service: this.service, environment, lease };
      },
    };
  }

  override ports(connection: Ports['connection'], environments: Ports['environments']): Ports {
    const ports = super.ports(connection, environments);
    return {
      ...ports,
      catalog: {
        ...ports.catalog,
        resolve: async (_service, environment) => ({ ...this.entry, environment }),
        places: async () =>
          Array.from({ length: this.places }, (_, index) => ({ ...this.entry, environment: `e${index}` })),
      },
      environments: {
        ...environments,
        closed: async (workflowId) => (this.callers.get(workflowId)?.isOpen ? null : 'terminated'),
      },
    };
  }

  /** A run that asks for an environment. */
  newCaller(environment: string): Caller {
    const ids = { workflowId: `deploy-${randomUUID()}`, firstExecutionRunId: randomUUID() };
    const facts = { owner: developer, reason: '', commit: '', digest: '' };
    const joins = { change: changeId(ids.firstExecutionRunId), kind: 'deploy' as const, ...ids, ...facts };
    const caller: Caller = { ...ids, environment, isOpen: true, lease: { joins, leaves: null } };
    this.callers.set(ids.workflowId, caller);
    return caller;
  }

  async join(harness: Harness, caller: Caller): Promise<JoinAnswer> {
    return this.ring<JoinAnswer>(harness, bellNames.join, caller);
  }

  async leave(harness: Harness, caller: Caller): Promise<unknown> {
    const leaves: LeaveRequest = { change: changeId(caller.firstExecutionRunId), entry: null };
    Object.assign(caller, { lease: { joins: null, leaves } });
    return this.ring(harness, bellNames.leave, caller);
  }

  private async ring<Answer>(harness: Harness, name: string, caller: Caller): Promise<Answer> {
    const { service, taskQueue } = this;
    const { environment, workflowId, firstExecutionRunId } = caller;
    const startWorkflowOperation = new WithStartWorkflowOperation<(input: unknown) => Promise<never>>('environment', {
      workflowId: environmentWorkflowId(service, environment),
      taskQueue,
      args: [{ service, environment }],
      workflowIdConflictPolicy: 'USE_EXISTING',
    });
    return harness.client.workflow.executeUpdateWithStart<(input: unknown) => Promise<never>, Answer, [CallerBell]>(
      name,
      { startWorkflowOperation, args: [{ workflowId, firstExecutionRunId }] },
    );
  }
}
