import type { TrafficShare } from './live.ts';
import type { Runs, Served } from './ledger.ts';
import type { ChangeKind, PlannedMigration } from './plan.ts';
import type { Approval, RefusedSummary, WaitingFor } from './status.ts';

/** Asks for a place in the environment's queue. Asking again with the same change answers the same. */
export interface JoinRequest {
  change: string;
  kind: ChangeKind;
  workflowId: string;
  firstExecutionRunId: string;
  owner: string;
  reason: string;
  commit: string;
  digest: string;
  /** The catalog's windows as the change knows them: the environment computes its own anew when it has others. */
  windows?: string;
  /** Its plan was made void on entry: it goes before those that came later. */
  returning?: boolean;
}

export interface Ticket extends JoinRequest {
  position: number;
  since: string;
  /** What it waits for, in words; in `status` only. */
  waitsFor?: string;
}

/** The right to mutate the environment; its number is the first half of every fence. */
export interface Grant {
  change: string;
  number: number;
  /** From a change that was pre-empted: what it found, since it did not restore it. */
  handOver: HandOver | null;
}

/** What a pre-empted change leaves to the rollback that takes over. */
export interface HandOver {
  change: string;
  /** Traffic as it was configured before the change. */
  traffic: TrafficShare[];
  candidate: string | null;
  /** Migrations that it has run. */
  migrations: string[];
  /** Set when an incompatible one of them may have run (invariant I8). */
  irreversible: boolean;
  /** What nobody can say of its migration: the decision is the rollback's. */
  unknown?: string;
}

export interface JoinAnswer {
  grant: Grant | null;
  /** Artifacts that may not be released here: looked at again on entry. */
  holds: Hold[];
  /** Tickets ahead, the holder included. */
  ahead: { change: string; kind: ChangeKind; owner: string; workflowId: string }[];
  /** The freeze that keeps this change waiting; a rollback passes it. */
  freeze?: Freeze | null;
  /** Since when its ticket waits. */
  since?: string;
}

/** Tells the holder with this number that a freeze has begun, or (null) that it is over. */
export interface FrozenMessage {
  number: number;
  freeze: Freeze | null;
}

/** What a change leaves behind when it frees the environment. */
export interface LeaveRequest {
  change: string;
  entry: LedgerDraft | null;
  hold: { digest: string; commit: string; reason: string } | null;
  handOver?: HandOver | null;
}

export interface LedgerDraft {
  kind: ChangeKind | 'drift' | 'unclean' | 'lift' | 'freeze' | 'unfreeze';
  outcome: string;
  commit: string;
  digest: string;
  revision: string;
  plan: string;
  by: string;
  reason: string;
  migrations: string[];
  /** Where migrations ran: the schema's version afterwards, and what they declare of themselves (invariant I8). */
  schema?: { version: string; migrations: PlannedMigration[] };
  verified: boolean;
  /** What serves after this entry; null where that is not known, absent where it did not change. */
  serves?: Served | null;
  /**
   * What served before this change: a way back that nobody verified, for a service that was released by hand before.
   */
  before?: { revision: string; digest: string; commit: string } | null;
  /** Of a freeze: when it ends by itself. */
  until?: string | null;
  /**
   * Set when an incompatible migration of it may have run, though it was not released: what serves may not fit the
   * schema (invariant I8).
   */
  irreversible?: true;
  /** Why the artifact is on hold from here on; a later `lift` of its digest ends it. */
  hold?: string;
  /** Who approved the plan and signed off what, with their signatures. */
  approvals?: Approval[];
  /** What was wrong with the stored ledger and was accepted by a person, with evidence. */
  accepts?: string[];
  /** What is on hold where it is not the entry's own artifact: what a rollback left. */
  held?: { digest: string; commit: string };
}

export interface LedgerEntry extends LedgerDraft {
  number: number;
  change: string;
  at: string;
  /** Hash of the entry before, so that a missing or altered one shows. */
  previous: string;
  hash: string;
}

/** One artifact of this service that may not be released again until a person lifts it. */
export interface Hold {
  digest: string;
  commit: string;
  reason: string;
  change: string;
  since: string;
}

/** A time that the catalog's windows freeze, as instants; windows that touch are one. */
export interface FrozenTime {
  name: string;
  reason: string;
  since: string;
  until: string;
}

export interface Freeze {
  /** Who froze it; `the catalog` for one of its windows. */
  by: string;
  reason: string;
  since: string;
  until: string | null;
}

/** Answer of the environment's query `status`. */
export interface EnvironmentStatus {
  service: string;
  environment: string;
  phase: 'free' | 'held' | 'frozen' | 'parked';
  number: number;
  /** What runs as the ledger has it; null before the first entry. The live state is compared by `drift`. */
  runs?: Runs | null;
  /** The last verified entry. */
  lastKnownGood?: LedgerEntry | null;
  holder: (Ticket & { number: number }) | null;
  queue: Ticket[];
  freeze: Freeze | null;
  /** The next window of the catalog; null where none is to come or one is on. */
  nextFreeze?: FrozenTime | null;
  holds: Hold[];
  ledger: LedgerEntry[];
  waitingFor: WaitingFor | null;
  refused: RefusedSummary;
}
