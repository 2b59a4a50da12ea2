import { z } from 'zod';
import type { Freeze, JoinRequest, LeaveRequest } from './environment.ts';

/**
 * Messages between our own runs. Any client could send them, so each is a bell: it says who rings and nothing else.
 * Whoever hears it asks the one that rang, and believes only that answer.
 */
export const bellNames = {
  /** To an environment, by update: a run wants to hold it. */
  join: 'join',
  /** To an environment, by update: a run gives it back. */
  leave: 'leave',
  /** To an environment, by update: an incident wants it frozen, or begins or ends a mitigation. */
  incident: 'incident',
  /** To an environment, by update: a check has found that it drifted, or does not any more. */
  drift: 'drift',
  /** To a run, by signal: its environment has something new for it, mostly its turn. */
  granted: 'granted',
  /** To a holder, by signal: a rollback waits for its environment. */
  preempt: 'preempt',
  /** To a holder, by signal: a freeze of its environment has begun or ended. */
  frozen: 'frozen',
  /** To a release, by signal: one of its stops has moved on. */
  reported: 'reported',
  /** To an incident, by signal: a change was taken back since a gate had failed under traffic. */
  steppedBack: 'steppedBack',
} as const;
export type BellName = (typeof bellNames)[keyof typeof bellNames];

/** Longest workflow id that a Temporal server accepts by default. */
const maxWorkflowIdLength = 1000;
const workflowId = z.string('must be a workflow id').min(1, 'must be a workflow id').max(maxWorkflowIdLength);

/** Payload of `join`, `leave`, `incident`, `drift` and `steppedBack`: the run that rings. */
export const callerBell = z.strictObject({
  workflowId,
  firstExecutionRunId: z.string('must be a run id').min(1, 'must be a run id').max(100),
});
export type CallerBell = z.infer<typeof callerBell>;

/** Payload of `granted`, `preempt` and `frozen`: the workflow id of the environment that rings. */
export const environmentBell = z.strictObject({ environment: workflowId });
export type EnvironmentBell = z.infer<typeof environmentBell>;

/** Payload of `reported`: the workflow id of the stop that rings. */
export const stopBell = z.strictObject({ workflowId });
export type StopBell = z.infer<typeof stopBell>;

/** Name of the query by which a run and its environment ask each other; it takes no arguments. */
export const leaseQuery = 'lease';

/** Answer of a run to `lease`: what it wants of its environment at this moment. */
export interface HolderLease {
  joins: JoinRequest | null;
  leaves: LeaveRequest | null;
}

/** Answer of an incident to `lease`. */
export const incidentLease = z.strictObject({
  /** Why nobody may release in its environment; null if they may. */
  freezes: z.strictObject({ reason: z.string().max(1000), since: z.string().max(100) }).nullable(),
  /** The run of its mitigation that is under way; null if there is none. */
  mitigation: callerBell.nullable().default(null),
});
export type IncidentLease = z.infer<typeof incidentLease>;

/** Answer of an environment to `lease`. */
export interface EnvironmentLease {
  /** `passesFreezes`: no freeze stops it; absent in an answer of an earlier version. */
  holder: { change: string; number: number; passesFreezes?: boolean } | null;
  /** The rollback that the holder must yield to. */
  rollback: { change: string; by: string; reason: string } | null;
  /** The freeze that is on. */
  freeze: Freeze | null;
}
