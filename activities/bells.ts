import { z } from 'zod';
import type { CallerBell, EnvironmentLease, HolderLease } from '../contract/bells.ts';
import {
  holderKinds,
  joinRequest,
  leaveRequest,
  type HolderKind,
  type JoinRequest,
  type LeaveRequest,
} from '../contract/environment.ts';
import { describeProblems, problemsOf } from '../contract/failures.ts';
import { changeId } from '../contract/ids.ts';
import type { ChangeStatus } from '../contract/status.ts';
import type { Ports, RunDescription } from './ports/index.ts';

export interface HolderQuestion {
  /** The environment that asks, and its task queue. */
  service: string;
  environment: string;
  taskQueue: string;
  caller: CallerBell;
}

/** What a run wants of its environment, or why its bell is not believed. */
export type HolderAnswer = ({ change: string } & HolderLease) | { refused: string };

const maxProblems = 5;
/** Kind and ids come from the description of the run, so its own answer need not have them. */
const described = { change: true, kind: true, workflowId: true, firstExecutionRunId: true } as const;
const holderLease = z.strictObject({
  joins: joinRequest.partial(described).nullable(),
  leaves: leaveRequest.partial({ change: true }).nullable(),
}) satisfies z.ZodType<{ joins: Partial<JoinRequest> | null; leaves: Partial<LeaveRequest> | null }>;

/** Questions that a bell is answered with: whoever hears one believes only what the other side says. */
export function createBellActivities({ runs, environments }: Pick<Ports, 'runs' | 'environments'>) {
  return {
    /** Asks the run that rang what it wants of this environment. */
    async askHolder({ service, environment, taskQueue, caller }: HolderQuestion): Promise<HolderAnswer> {
      const { workflowId, firstExecutionRunId } = caller;
      const run = await runs.describe(workflowId);
      const objection = run ? objectionTo(run, firstExecutionRunId, taskQueue) : 'is no run';
      if (!run || objection) return { refused: `${workflowId} ${objection}` };
      const answer = await runs.leaseOf(workflowId, run.runId);
      if (answer.service !== service || answer.environment !== environment)
        return { refused: `${workflowId} is about another environment` };
      const parsed = holderLease.safeParse(answer.lease);
      if (!parsed.success)
        return { refused: `${workflowId}: ${describeProblems(problemsOf(parsed.error).slice(0, maxProblems))}` };
      const change = changeId(firstExecutionRunId);
      const { joins, leaves } = parsed.data;
      const identity = { change, kind: run.type as HolderKind, workflowId, firstExecutionRunId };
      return { change, joins: joins && { ...joins, ...identity }, leaves: leaves && { ...leaves, change } };
    },

    /** Asks an environment who holds it and what stops that holder; null where there is no such environment. */
    askEnvironment: async ({
      service,
      environment,
    }: {
      service: string;
      environment: string;
    }): Promise<EnvironmentLease | null> => environments.lease(service, environment),

    /** Asks the run of a release's stop where it stands; its refusals stay with it. */
    async stopStatus({ workflowId }: { workflowId: string }): Promise<ChangeStatus | null> {
      const status = await runs.statusOf(workflowId);
      return status && { ...status, refused: { ...status.refused, last: [] } };
    },
  };
}

/** Why the run cannot hold an environment of this task queue; empty where it can. */
function objectionTo(run: RunDescription, firstExecutionRunId: string, taskQueue: string): string {
  if (run.firstExecutionRunId !== firstExecutionRunId) return 'is another run by now';
  if (!run.isOpen) return 'has ended';
  if (!holderKinds.some((kind) => kind === run.type)) return `is a run of ${run.type}, which holds no environment`;
  return run.taskQueue === taskQueue ? '' : `is a run of another task queue`;
}
