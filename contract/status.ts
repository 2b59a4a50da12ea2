import type { Signer } from './catalog/approval-policy.ts';
import type { Diagnosis } from './diagnosis.ts';
import type { DrillPartReport } from './drill.ts';
import type { Ending } from './ending.ts';
import type { Severity } from './incident/severity.ts';
import type { DecideAction } from './messages.ts';
import type { AskedRole } from './people.ts';
import type { CommitsBetween } from './plan.ts';
import type { ApprovalStatement, Question } from './statement.ts';
import type { StepBack } from './step-back.ts';
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
  // It holds the environment: it looks once more at what was approved, and stamps the fence.
  'entering',
  'staging',
  'migrating',
  'smoke',
  'shifting',
  'baking',
  'verifying',
  // A drill's: it disturbs the service while clients stream.
  'drilling',
  // A restart's: the platform makes its instances anew.
  'restarting',
  // An incident's: it gathers evidence, waits for people, or lets a child change mitigate.
  'triage',
  'responding',
  'mitigating',
  'restoring',
  'parked',
  'done',
  'failed',
  'cancelled',
] as const;
export type Phase = (typeof phases)[number];

export type StepState = 'pending' | 'running' | 'passed' | 'failed' | 'skipped' | 'parked' | 'restored';

export interface StepStatus {
  name: string;
  state: StepState;
  startedAt: string | null;
  endedAt: string | null;
  attempts: number;
  error: string | null;
  /** The result for a person: a revision, an execution, a count. */
  detail?: string;
  /** Who skipped it, and what they said; absent if nobody did. */
  skippedBy?: string;
  /** The last findings of a step of gates. */
  gates?: GateLine[];
}

export interface GateLine extends Finding {
  name: string;
  /** What it saw where it does not pass: the first entry of a log, an answer. */
  sample?: string;
}

/** One answer that people may give. */
export interface Choice {
  action: DecideAction;
  /** What it does, in one line. */
  effect: string;
  command: string;
}

export interface WaitingFor {
  kind: 'approval' | 'queue' | 'freeze' | 'operator' | 'platform' | 'child';
  what: string;
  since: string;
  until: string | null;
  /** Roles or addresses that can unblock it. */
  who: string[];
  /** The same by roles, where people of certain roles are asked. */
  asked?: AskedRole[];
  /** Commands that are ready to paste, the `temporal` form first. A person is shown those of `./slipway` first. */
  commands: string[];
  /** What people are asked about; only with kind `approval`. */
  question?: Question;
  /** The answers that are possible, where people are asked for one of several. */
  choices?: Choice[];
  /**
   * The workflow id of the run below this one that waits; only with kind `child`. Messages to this run are forwarded to
   * it.
   */
  child?: string;
  /**
   * What people sign, where the policy asks for signatures: the statement but for person and decision, and the keys
   * that count.
   */
  signature?: Omit<ApprovalStatement, 'by' | 'decision'> & { signers: Signer[] };
  /** What people sign who decide, where the policy asks for signatures. */
  signing?: DecisionSigning;
}

/** Says which decisions count only with a signature, what they are about, and whose keys count. */
export interface DecisionSigning {
  /** Names the installation in the statement. */
  temporal: string;
  about: string;
  actions: DecideAction[];
  signers: Signer[];
}

/** Records a message that was not accepted. */
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
 * Records one person's yes to a plan, or to the result of a step. It is kept whole, so that anybody can verify its
 * signature later.
 */
export interface Approval {
  by: string;
  role: string;
  at: string;
  plan: string;
  /** The stop that was approved; only in the status of a release. */
  environment?: string;
  /** The question that was answered. */
  gate: Question;
  /** The end of the question, which the signed statement names. */
  expires?: string;
  /** Armored SSH signature over the statement. */
  signature?: string;
  /** The installation that the statement names; absent for a statement of version 1. */
  temporal?: string;
  /** Fingerprint of the key that has signed, and hash of the catalog entry that named it. */
  key?: string;
  catalog?: string;
  /** True if it was given alone and unsigned, by a role that the catalog allows that. */
  breakGlass?: true;
}

/** Shows one environment on the way of a release, and the run that goes there. */
export interface StopStatus {
  environment: string;
  kind: 'deploy' | 'promote';
  workflowId: string;
  state: 'pending' | 'running' | 'passed' | 'failed';
  /** The change of its run; empty before that has begun. */
  change: string;
}

/** Holds the part of the query `status` that every run answers. */
export interface RunStatus {
  phase: Phase;
  service: string;
  environment: string;
  commit: string;
  digest: string;
  steps: StepStatus[];
  waitingFor: WaitingFor | null;
  refused: RefusedSummary;
  /** The end in one line; null while it runs. */
  outcome: string | null;
  /** Why the last step that failed probably did, and what mends it; absent where nothing is known. */
  diagnosis?: Diagnosis[];
  /** Only an incident has one. */
  severity?: Severity;
}

/** Holds the answer of a change to the query `status`. */
export interface ChangeStatus extends RunStatus {
  change: string;
  kind: string;
  requestedBy: string;
  reason: string;
  /** Hash of the current plan; empty before there is one. */
  plan: string;
  /** The commits that go out with it; null if they are not known. */
  commits?: CommitsBetween | null;
  /** What changes of template or manifests with it; null if nothing is rendered. */
  difference?: string | null;
  approvals: Approval[];
  /** What was done by break-glass, where nobody has proven who it was; absent where nothing was. */
  claimed?: string[];
  /** The stops of a release, in order. */
  stops?: StopStatus[];
  /** How it ended, in parts; absent while it goes on, and where it never held the environment. */
  ending?: Ending;
  /** Why it was taken back after users had it, and what became of the restore; absent for all others. */
  stepBack?: StepBack;
  /** What the clients of a drill saw, for each part that has ended. */
  drill?: DrillPartReport[];
}

/** Records one line of the query `timeline`. */
export interface TimelineEntry {
  at: string;
  what: string;
}

/** Holds the status that the memo has, for a time without a worker; an environment has phases of its own. */
export interface StatusMemo<AnyPhase extends string = Phase> {
  phase: AnyPhase;
  waitingFor: string;
  next: string;
  at: string;
  /** How it ended; absent while it runs. */
  outcome?: string;
}

/** Holds the result of a change that reached its aim. */
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
  /** The executions of its post-deploy gate; absent where the environment has none. */
  postDeployGate?: PostDeployGateResult;
  /** Hashes of the manifests of its evidence, oldest first; absent where there is none. */
  evidence?: string[];
}

/** Names the executions of a post-deploy gate that passed. */
export interface PostDeployGateResult {
  /** The repeated migration; null where the environment has none. */
  migration: string | null;
  smoke: string;
}

/** Holds the result of a release: that of its last stop, and of each. */
export interface ReleaseResult extends ChangeResult {
  stops: ChangeResult[];
}
