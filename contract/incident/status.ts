import type { EnvironmentSigning } from '../environment.ts';
import type { RunStatus } from '../status.ts';
import type { BrokenChange } from '../step-back.ts';
import type { CategoryName } from './categories/index.ts';
import type { ChecklistAction, MitigationName } from './category.ts';
import type { Episode } from './episode.ts';
import type { Evidence } from './look.ts';
import type { Severity } from './severity.ts';

/** An episode as the incident knows it. */
export interface AlertState extends Episode {
  /** Says whether Alertmanager itself bears it out: an alert is a stranger's message. */
  confirmed: 'yes' | 'no' | 'unknown';
  firstSeen: string;
  lastSeen: string;
  /** Messages that told of it. */
  told: number;
}

/** A change that may have caused it, with the reasons for its place. */
export interface Suspect {
  change: string;
  /** What it was, in one line: kind, commit, by whom. */
  what: string;
  at: string;
  commit: string;
  score: number;
  reasons: string[];
  /** Commits that it brought, one line each. */
  commits: string[];
  /**
   * The revision that served before it, where newer changes stand on it: a rollback without a goal would only take
   * those back. Missing where it is the newest, or nothing is known to go back to.
   */
  wayBack?: string;
}

/** The most suspects that an incident names. */
export const maxSuspects = 5;

export interface ChecklistItem extends ChecklistAction {
  state: 'open' | 'done' | 'unknown';
  /** Who did it; `triage` for what was done by itself. Empty while it is open. */
  by: string;
  /** Names of the evidence that answers it, or a person's note. */
  evidence: string[];
}

/** What was done about it: a child change, or the restore of a change that took itself back. */
export interface MitigationState {
  name: MitigationName | 'restore';
  by: string;
  workflowId: string;
  /** Fingerprint of the key by which `by` has proven to have asked for it; absent where they are believed. */
  signedWith?: string;
  /** The run, by which its environment knows it; null until it is started. */
  firstExecutionRunId: string | null;
  startedAt: string;
  endedAt: string | null;
  /** How it ended; null while it runs. */
  outcome: string | null;
  succeeded: boolean | null;
}

/** What has to be done after it, such as about its root cause (runbook 004, incident response checklist, step 5). */
export interface FollowUp {
  /** Counts from 1. */
  number: number;
  text: string;
  /** Who does it: a person or a team. */
  owner: string;
  /** A day or a time, as the person said it. */
  dueAt: string;
  by: string;
  at: string;
  /** As far as the incident knows: after its end nobody tells it. */
  state: 'open' | 'done';
}

/** What to do next, in one line, with its command. */
export interface Proposal {
  what: string;
  command: string;
  /** The mitigation that the command asks for; null if it asks for something else. */
  mitigation: { action: MitigationName; switch?: string; to?: string } | null;
}

/** The answer of an incident to the query `status`. */
export interface IncidentStatus extends RunStatus {
  incident: string;
  title: string;
  openedBy: string;
  severity: Severity;
  /** Null if no category fits: "not known" is an answer. */
  category: CategoryName | null;
  /** When the symptom began, as far as the alerts or a person know. */
  onset: string;
  acknowledged: { by: string; at: string } | null;
  /** Times that nobody had acknowledged in time. */
  escalations: number;
  /** When others were called last because of that; null if nobody was, or not since the severity changed. */
  escalatedAt: string | null;
  /** When a person has last changed the severity; null if none has. The clocks start again from there. */
  classifiedAt: string | null;
  alerts: AlertState[];
  /** Alerts beyond those that are kept with all they say. */
  furtherAlerts: number;
  /** Times that its alerts came back after they had ended. */
  flapped: number;
  evidence: Evidence[];
  suspects: Suspect[];
  /** Categories by what the evidence shows, while none is known. */
  likely: { category: CategoryName; reason: string }[];
  checklist: ChecklistItem[];
  mitigations: MitigationState[];
  /** Changes that were taken back since a gate had failed under traffic, by the word of their own runs. */
  brokenChanges: BrokenChange[];
  followUps: FollowUp[];
  /** What to do next, in one line, with its command. */
  proposal: Proposal | null;
  /** What people were told, newest last. */
  updates: { at: string; by: string; text: string }[];
  /** When people have to be told again; null when nobody waits for it. */
  updateDue: string | null;
  /** How many signed messages have counted, so that none counts twice. */
  signedMessages?: number;
  /** What responders sign, where approvals are signed; absent where they are believed. */
  signing?: EnvironmentSigning;
}

export interface IncidentResult {
  outcome: string;
  incident: string;
  service: string;
  environment: string;
  severity: Severity;
  category: CategoryName | null;
  openedAt: string;
  resolvedAt: string;
  acknowledgedAt: string | null;
  mitigatedAt: string | null;
}
