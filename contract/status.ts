import type { Gate } from './statement.ts';

export type Phase =
  | 'starting'
  | 'preflight'
  | 'building'
  | 'planning'
  | 'approval'
  | 'queued'
  | 'staging'
  | 'migrating'
  | 'smoke'
  | 'shifting'
  | 'baking'
  | 'restoring'
  | 'parked'
  | 'done'
  | 'failed'
  | 'cancelled';

export type StepState = 'pending' | 'running' | 'passed' | 'failed' | 'skipped' | 'parked' | 'restored';

export interface StepStatus {
  name: string;
  state: StepState;
  startedAt: string | null;
  endedAt: string | null;
  attempts: number;
  error: string | null;
  /** What was seen, for a person: a revision, an execution, a count. */
  detail?: string;
}

export interface WaitingFor {
  kind: 'approval' | 'queue' | 'freeze' | 'operator' | 'platform' | 'child';
  what: string;
  since: string;
  until: string | null;
  /** Who can unblock it, by role or address. */
  who: string[];
  /** Ready to paste, the `temporal` form first. */
  commands: string[];
}

/** A message that was not accepted. */
export interface Refusal {
  at: string;
  message: string;
  by: string;
  reason: string;
}

export interface RefusedSummary {
  count: number;
  last: Refusal[];
}

/** One person's yes to a plan, or to the result of a step. Kept whole, so that anybody can verify its signature later. */
export interface Approval {
  by: string;
  role: string;
  at: string;
  plan: string;
  /** What was asked; absent in runs of before there were sign-offs, where it was the plan. */
  gate?: Gate;
  /** The end of the question, which the signed statement names. */
  expires?: string;
  /** Armored SSH signature over the statement. */
  signature?: string;
  /** Given alone and unsigned, by a role that the catalog allows that. */
  breakGlass?: true;
}

/** Answer of the query `status` of every change. */
export interface ChangeStatus {
  phase: Phase;
  service: string;
  environment: string;
  commit: string;
  digest: string;
  change: string;
  kind: string;
  requestedBy: string;
  reason: string;
  /** Hash of the current plan; empty before there is one. */
  plan: string;
  steps: StepStatus[];
  waitingFor: WaitingFor | null;
  refused: RefusedSummary;
  approvals: Approval[];
  /** Null while it runs; then what became of it, in one line. */
  outcome: string | null;
}

/** One line of the query `timeline`. */
export interface TimelineEntry {
  at: string;
  what: string;
}

/** Kept in the memo, so that a status is to be had without a worker. */
export interface StatusMemo {
  phase: Phase;
  waitingFor: string;
  next: string;
  at: string;
}

/** Result of a change that reached its aim. */
export interface ChangeResult {
  outcome: string;
  change: string;
  service: string;
  environment: string;
  commit: string;
  digest: string;
  revision: string;
  url: string;
  plan: string;
}
