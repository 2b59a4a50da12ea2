import type { Signer } from './catalog/approval-policy.ts';
import type { ApprovalStatement, Question } from './statement.ts';
import type { Finding } from './verdict.ts';

export const phases = [
  'starting',
  'preflight',
  'building',
  'planning',
  // A release's: one of its stops is under way.
  'releasing',
  'approval',
  'queued',
  'staging',
  'migrating',
  'smoke',
  'shifting',
  'baking',
  'verifying',
  'restoring',
  'parked',
  'done',
  'failed',
  'cancelled',
] as const;
export type Phase = (typeof phases)[number];

export const stepStates = ['pending', 'running', 'passed', 'failed', 'skipped', 'parked', 'restored'] as const;
export type StepState = (typeof stepStates)[number];

export interface StepStatus {
  name: string;
  state: StepState;
  startedAt: string | null;
  endedAt: string | null;
  attempts: number;
  error: string | null;
  /** What was seen, for a person: a revision, an execution, a count. */
  detail?: string;
  /** For a step of gates: what each of them said when they were last looked at. */
  gates?: GateLine[];
}

export interface GateLine extends Finding {
  name: string;
}

export const waitingKinds = ['approval', 'queue', 'freeze', 'operator', 'platform', 'child'] as const;

export interface WaitingFor {
  kind: (typeof waitingKinds)[number];
  what: string;
  since: string;
  until: string | null;
  /** Who can unblock it, by role or address. */
  who: string[];
  /** Ready to paste, the `temporal` form first. */
  commands: string[];
  /**
   * The run below this one that waits, by its workflow id; only with kind `child`. Messages sent to this run are
   * handed on to it.
   */
  child?: string;
  /**
   * What is signed where the policy asks for signatures: the statement but for person and decision, and whose keys
   * count.
   */
  signature?: Omit<ApprovalStatement, 'by' | 'decision'> & { signers: Signer[] };
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

/**
 * One person's yes to a plan, or to the result of a step. Kept whole, so that anybody can verify its signature later.
 */
export interface Approval {
  by: string;
  role: string;
  at: string;
  plan: string;
  /** Only in the status of a release: the stop that was approved. */
  environment?: string;
  /** The question that was answered. */
  gate: Question;
  /** The end of the question, which the signed statement names. */
  expires?: string;
  /** Armored SSH signature over the statement. */
  signature?: string;
  /** Given alone and unsigned, by a role that the catalog allows that. */
  breakGlass?: true;
}

/** One environment on the way of a release, and the run that goes there. */
export interface StopStatus {
  environment: string;
  kind: 'deploy' | 'promote';
  workflowId: string;
  state: 'pending' | 'running' | 'passed' | 'failed';
  /** The change of its run; empty before that has begun. */
  change: string;
}

/** The part of the query `status` that every run answers. */
export interface RunStatus {
  phase: Phase;
  service: string;
  environment: string;
  commit: string;
  digest: string;
  steps: StepStatus[];
  waitingFor: WaitingFor | null;
  refused: RefusedSummary;
  /** Null while it runs; then what became of it, in one line. */
  outcome: string | null;
}

/** Answer of the query `status` of every change. */
export interface ChangeStatus extends RunStatus {
  change: string;
  kind: string;
  requestedBy: string;
  reason: string;
  /** Hash of the current plan; empty before there is one. */
  plan: string;
  approvals: Approval[];
  /** Only of a release: its way, in order. */
  stops?: StopStatus[];
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

/** Result of a release: that of its last stop, and of each. */
export interface ReleaseResult extends ChangeResult {
  stops: ChangeResult[];
}
