import { z } from 'zod';
import type { CallerBell, EnvironmentLease, HolderLease } from '../contract/bells.ts';
import { holderKinds, joinRequest, leaveRequest } from '../contract/environment.ts';
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

/** The answer of a run that rang, or why its bell is not believed. */
export type HolderAnswer = HolderLease | { refused: string };

const maxProblems = 5;
const holderLease = z.strictObject({
  joins: joinRequest.nullable(),
  leaves: leaveRequest.nullable(),
}) satisfies z.ZodType<HolderLease>;

/** Questions that a bell is answered with: whoever hears one believes only what the other side says. */
export function createBellActivities({ runs, environments }: Pick<Ports, 'runs' | 'environments'>) {
  return {
    /** Asks the run that rang what it wants of this environment. */
    async askHolder({ service, environment, taskQueue, caller }: HolderQuestion): Promise<HolderAnswer> {
      const { workflowId, firstExecutionRunId } = caller;
      const run = await runs.describe(workflowId);
      const kind = holderKinds.find((one) => one === run?.type);
      const objection = objectionTo(run, { firstExecutionRunId, taskQueue });
      if (!run || !kind || objection) return { refused: `${workflowId} ${objection}` };
      const answer = await runs.leaseOf(workflowId, run.runId);
      if (answer.service !== service || answer.environment !== environment)
        return { refused: `${workflowId} is about another environment` };
      const parsed = holderLease.safeParse(answer.lease);
      if (!parsed.success)
        return { refused: `${workflowId}: ${describeProblems(problemsOf(parsed.error).slice(0, maxProblems))}` };
      const { joins, leaves } = parsed.data;
      // Kind and ids are those of the description, whatever the run says of itself.
      const change = changeId(firstExecutionRunId);
      const identity = { change, kind, workflowId, firstExecutionRunId };
      return { joins: joins && { ...joins, ...identity }, leaves: leaves && { ...leaves, change } };
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

/** Says why the run cannot hold an environment of this task queue; empty where it can. */
function objectionTo(run: RunDescription | null, expected: { firstExecutionRunId: string; taskQueue: string }): string {
  if (!run) return 'is no run that the server knows';
  if (run.firstExecutionRunId !== expected.firstExecutionRunId) return 'is another run by now';
  if (!run.isOpen) return 'has ended';
  if (!holderKinds.some((kind) => kind === run.type)) return `is a run of ${run.type}, which holds no environment`;
  return run.taskQueue === expected.taskQueue ? '' : 'is a run of another task queue';
}
