import { z } from 'zod';
import {
  incidentLease,
  type CallerBell,
  type EnvironmentLease,
  type HolderLease,
  type IncidentLease,
} from '../contract/bells.ts';
import { holderKinds, joinRequest, leaveRequest } from '../contract/environment.ts';
import { describeProblems, problemsOf } from '../contract/failures.ts';
import { changeId, incidentWorkflowId } from '../contract/ids.ts';
import { workflowTypes } from '../contract/workflow-types.ts';
import { brokenChange, type BrokenChange } from '../contract/step-back.ts';
import type { ChangeStatus } from '../contract/status.ts';
import { commitLines } from './commit-lines.ts';
import { withHeartbeat } from './heartbeat.ts';
import type { Ports, RunDescription } from './ports/index.ts';

/** Rings for an environment, in the name of a run. */
export interface Announcement {
  service: string;
  environment: string;
  caller: CallerBell;
}

/** A question of an environment to the run that rang. */
export interface HolderQuestion extends Announcement {
  /** That of the environment. */
  taskQueue: string;
}

/** A question of a release to one of its stops: to the very run that it has started. */
export interface StopQuestion {
  workflowId: string;
  runId?: string | undefined;
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
      const objection = objectionTo(run, { firstExecutionRunId, taskQueue, types: holderKinds });
      if (!run || !kind || objection) return { refused: `${workflowId} ${objection}` };
      const answer = await runs.leaseOf(workflowId, run.runId);
      if (answer.service !== service || answer.environment !== environment)
        return { refused: `${workflowId} is about another environment` };
      const lease = understood(holderLease, answer.lease, workflowId);
      if ('refused' in lease) return lease;
      const { joins, leaves } = lease;
      // Kind and ids are those of the description, whatever the run says of itself.
      const change = changeId(firstExecutionRunId);
      const identity = { change, kind, workflowId, firstExecutionRunId };
      return { joins: joins && { ...joins, ...identity }, leaves: leaves && { ...leaves, change } };
    },

    /** Asks the incident that rang whether it wants this environment frozen. */
    askIncident: async (question: HolderQuestion): Promise<IncidentLease | { refused: string }> =>
      withHeartbeat(() => leaseOfIncident(question)),

    /** Asks a change whether it was taken back here since a gate had failed under traffic. It may have ended. */
    async askBrokenChange({
      service,
      environment,
      taskQueue,
      caller,
    }: HolderQuestion): Promise<BrokenChange | { refused: string }> {
      const { workflowId, firstExecutionRunId } = caller;
      const run = await runs.describe(workflowId);
      const types = [workflowTypes.deploy, workflowTypes.promote];
      const objection = objectionTo(run, { firstExecutionRunId, taskQueue, types, mayHaveEnded: true });
      const status = run && !objection ? await runs.statusOf(workflowId) : null;
      if (!run || !status) return { refused: `${workflowId} ${objection || 'does not answer'}` };
      if (status.service !== service || status.environment !== environment)
        return { refused: `${workflowId} is about another environment` };
      if (!status.stepBack) return { refused: `${workflowId} was not taken back since a gate had failed` };
      const { commit, commits, requestedBy: by, stepBack } = status;
      const lines = commitLines(commits?.newest ?? []);
      // Kind and ids are those of the description, whatever the run says of itself.
      const identity = { workflowId, firstExecutionRunId, change: changeId(firstExecutionRunId), kind: run.type };
      return understood(brokenChange, { ...identity, commit, by, commits: lines, stepBack }, workflowId);
    },

    /** Has an environment ask this incident whether it is to be frozen; answers what the environment says. */
    announceIncident: async ({ service, environment, caller }: Announcement): Promise<{ frozen: boolean }> =>
      withHeartbeat(() => environments.announceIncident(service, environment, caller)),

    /** Has an environment look for itself whether it drifted. It believes no message. */
    announceDrift: async ({ service, environment, caller }: Announcement): Promise<{ drifted: boolean }> =>
      withHeartbeat(() => environments.announceDrift(service, environment, caller)),

    /** Asks an environment who holds it and what stops that holder; null where there is no such environment. */
    askEnvironment: async ({
      service,
      environment,
    }: {
      service: string;
      environment: string;
    }): Promise<EnvironmentLease | null> => environments.lease(service, environment),

    /** Asks the run of a release's stop where it stands; its refusals stay with it. */
    async stopStatus({ workflowId, runId }: StopQuestion): Promise<ChangeStatus | null> {
      const status = await runs.statusOf(workflowId, runId);
      return status && { ...status, refused: { ...status.refused, last: [] } };
    },
  };

  async function leaseOfIncident({
    service,
    environment,
    taskQueue,
    caller,
  }: HolderQuestion): Promise<IncidentLease | { refused: string }> {
    const { workflowId, firstExecutionRunId } = caller;
    if (!workflowId.startsWith(incidentWorkflowId(service, environment, '')))
      return { refused: `${workflowId} is no incident of this environment` };
    const run = await runs.describe(workflowId);
    const types = [workflowTypes.incident];
    const objection = objectionTo(run, { firstExecutionRunId, taskQueue, types });
    if (!run || objection) return { refused: `${workflowId} ${objection}` };
    const { lease } = await runs.leaseOf(workflowId, run.runId);
    return understood(incidentLease, lease, workflowId);
  }
}

/** Reads what a run has said of itself; a form that nobody understands is refused with what is wrong. */
function understood<Said extends object>(
  schema: z.ZodType<Said>,
  said: unknown,
  workflowId: string,
): Said | { refused: string } {
  const parsed = schema.safeParse(said);
  if (parsed.success) return parsed.data;
  return { refused: `${workflowId}: ${describeProblems(problemsOf(parsed.error).slice(0, maxProblems))}` };
}

/** Says why the run has no say in an environment of this task queue; empty where it has. */
function objectionTo(
  run: RunDescription | null,
  expected: { firstExecutionRunId: string; taskQueue: string; types: readonly string[]; mayHaveEnded?: true },
): string {
  if (!run) return 'is no run that the server knows';
  if (run.firstExecutionRunId !== expected.firstExecutionRunId) return 'is another run by now';
  if (!run.isOpen && !expected.mayHaveEnded) return 'has ended';
  if (!expected.types.includes(run.type)) return `is a run of ${run.type}, which has no say here`;
  return run.taskQueue === expected.taskQueue ? '' : 'is a run of another task queue';
}
