import { z } from 'zod';
import type { Signer } from './catalog/approval-policy.ts';
import type { Drift } from './drift.ts';
import { stopScope, type StopScope } from './fields.ts';
import {
  changeReport,
  drillReport,
  trafficSwitchReport,
  type ChangeEntry,
  type LedgerEntry,
  type RunningRevision,
} from './ledger.ts';
import { changeKinds } from './plan.ts';
import type { RefusedSummary, WaitingFor } from './status.ts';
import { utcMoment } from './utc-moment.ts';

/** Kinds of runs that can hold an environment, each named as its workflow type. Add a further kind here. */
export const holderKinds = [...changeKinds, 'drill', 'switchTraffic'] as const;
export type HolderKind = (typeof holderKinds)[number];

const freezable: readonly HolderKind[] = ['deploy', 'promote', 'rotateSecrets', 'drill'];

/** Says whether a freeze stops a holder. A rollback passes it; a migration alone is brought to its end. */
export function heedsFreezes(kind: HolderKind): boolean {
  return freezable.includes(kind);
}

/** Kinds that bring no new code and help when users suffer: they pass every freeze, and everybody may start them. */
const rollbackClass: readonly string[] = ['rollback', 'restart', 'switchTraffic'] satisfies HolderKind[];

/** Says whether a kind of holder, or the workflow type of its name, is of rollback class (invariant I6). */
export function isRollbackClass(kind: string): boolean {
  return rollbackClass.includes(kind);
}

/**
 * The schemas below drop a field that they do not name: nothing unknown gets into a ledger, and a run that says more
 * than it must is not kept from giving its environment back.
 */
const text = z.string();
const person = z.string().min(1).max(200);

/** Asks for a place in the environment's queue. Asking again with the same change answers the same. */
export const joinRequest = z.object({
  change: text,
  kind: z.enum(holderKinds),
  workflowId: text,
  firstExecutionRunId: text,
  owner: person,
  reason: text,
  commit: text,
  digest: text,
  /** The windows of the catalog as the run read them; other ones make the environment read its own again. */
  windows: text.optional(),
  /** Its plan was made void on entry: it goes before those that came later. */
  returning: z.boolean().optional(),
});
export type JoinRequest = z.infer<typeof joinRequest>;

/** Facts that a pre-empted change leaves to the rollback that takes over. */
export const handOver = z.object({
  change: text,
  /** Traffic as it was configured before the change. */
  traffic: z.array(z.object({ revision: text.nullable(), percent: z.number(), tag: text.nullable() })),
  candidate: text.nullable(),
  /** Migrations that it has run. */
  migrations: z.array(text),
  /** Set when an incompatible one of them may have run (invariant I8). */
  irreversible: z.boolean(),
  /** The open question about its migration, for the rollback to decide. */
  unknown: text.optional(),
});
export type HandOver = z.infer<typeof handOver>;

/** Facts that a run leaves behind when it frees the environment. */
export const leaveRequest = z.object({
  change: text,
  entry: z.discriminatedUnion('kind', [changeReport, drillReport, trafficSwitchReport]).nullable(),
  handOver: handOver.nullable().optional(),
});
export type LeaveRequest = z.infer<typeof leaveRequest>;

/** A run's place in the queue. */
export const ticket = joinRequest.extend({ position: z.number(), since: text });
export type Ticket = z.infer<typeof ticket>;

/** The right to mutate the environment; its number is the first half of every fence. */
export interface Grant {
  change: string;
  number: number;
  /** From a change that was pre-empted: what it found, since it did not restore it. */
  handOver: HandOver | null;
}

export interface JoinAnswer {
  grant: Grant | null;
  /** The hold on its artifact, which may not be released here then: looked at again on entry. */
  holds: Hold[];
  /** Tickets ahead, the holder included. */
  ahead: { change: string; kind: HolderKind; owner: string; workflowId: string }[];
  /** The freeze that keeps this change waiting; null for a rollback or a mitigation, which pass it. */
  freeze: Freeze | null;
  /** Since when its ticket waits; null once it has the grant. */
  since: string | null;
  /** What it waits for at the store of the ledger; absent for nothing, and in an answer of an earlier version. */
  store?: string;
}

/** One artifact of this service that may not be released again until a person lifts it. */
export const hold = z.object({ digest: text, commit: text, reason: text, change: text, since: text });
export type Hold = z.infer<typeof hold>;

/** A path of traffic that a person has disabled by its declared switch, until a person enables it again. */
export const disabledTraffic = z.object({
  switch: text,
  /** `unknown`: nobody knows whether the switch took effect. */
  state: z.enum(['disabled', 'unknown']),
  by: text,
  reason: text,
  change: text,
  since: text,
});
export type DisabledTraffic = z.infer<typeof disabledTraffic>;

/** A time that the catalog's windows freeze, as instants; windows that touch are one. */
export const frozenTime = z.object({ name: text, reason: text, since: text, until: text });
export type FrozenTime = z.infer<typeof frozenTime>;

/** A freeze that is on; `by` is a person, the workflow id of an incident, or `the catalog` for one of its windows. */
export const freeze = z.object({
  by: text,
  reason: text,
  since: text,
  until: text.nullable(),
  /** Set for the part of a stop of the line that this environment has; it stands beside a freeze of its own. */
  scope: stopScope.optional(),
});
export type Freeze = z.infer<typeof freeze>;

/** Says what a stop of the line is about, to be read after a person. */
const stopTexts: Record<StopScope, string> = {
  everything: ' (everything is stopped)',
  service: ' (all environments of the service are stopped)',
};

/** An incident that freezes an environment as long as it lives: the environment watches its run. */
export const freezingIncident = z.object({ workflowId: text, firstExecutionRunId: text, reason: text, since: text });
export type FreezingIncident = z.infer<typeof freezingIncident>;

/** The run of an incident's mitigation that is under way, as the incident itself has said. */
export const mitigationRun = z.object({ incident: text, change: text });
export type MitigationRun = z.infer<typeof mitigationRun>;

/** Says a freeze in one line: by whom, until when and why. */
export function describeFreeze({ by, reason, scope, until }: Omit<Freeze, 'since'>): string {
  return `frozen by ${freezerOf({ by, scope })}${until ? ` until ${utcMoment(until)}` : ''}: ${reason}`;
}

/** Says a freeze that is on, to stand behind `frozen`: by whom, since and until when, and why. */
export function describeCurrentFreeze(
  { by, scope, since, until, reason }: Freeze,
  moment: (at: string) => string,
): string {
  return `by ${freezerOf({ by, scope })} since ${moment(since)}${until ? `, until ${moment(until)}` : ''}: ${reason}`;
}

/** Says which freeze comes next. */
export function describeNextFreeze({ name, reason, since, until }: FrozenTime, moment: (at: string) => string): string {
  return `freeze ${name} from ${moment(since)} until ${moment(until)}: ${reason}`;
}

/** Says who freezes it, and whether they have stopped more than this environment. */
export function freezerOf({ by, scope }: Pick<Freeze, 'by' | 'scope'>): string {
  return `${by}${scope ? stopTexts[scope] : ''}`;
}

/** Answer of the environment's query `status`. */
export interface EnvironmentStatus {
  service: string;
  environment: string;
  phase: 'free' | 'held' | 'frozen' | 'parked';
  /** False until the stored ledger is read; ledger, holds and freezes are empty until then. */
  isOpen: boolean;
  number: number;
  /** The revision that runs, as the ledger has it; null before the first entry. `drift` compares the platform. */
  runs: RunningRevision | null;
  /** The last verified entry; null before the first. */
  lastKnownGood: ChangeEntry | null;
  holder: (Ticket & { number: number }) | null;
  /** With what each ticket waits for, in words. */
  queue: (Ticket & { waitsFor?: string })[];
  freeze: Freeze | null;
  /** Stops of the line that are on, whatever else freezes it. */
  stops: Freeze[];
  /** The next window of the catalog; null where none is to come or one is on. */
  nextFreeze: FrozenTime | null;
  holds: Hold[];
  /** How what serves differs from the ledger; absent in an answer of an earlier version. */
  drift?: Drift | null;
  /** Paths of traffic that are disabled; absent in an answer of an earlier version. */
  disabledTraffic?: DisabledTraffic[];
  ledger: LedgerEntry[];
  /** Entries that the store does not take now; null if it takes them, absent in an answer of an earlier version. */
  unwritten?: { count: number; since: string; why: string } | null;
  waitingFor: WaitingFor | null;
  refused: RefusedSummary;
  /** What operators sign, where approvals are signed; absent where their messages are believed. */
  signing?: EnvironmentSigning;
}

/** Names the installation in what operators sign, and the keys that count. */
export interface EnvironmentSigning {
  temporal: string;
  signers: Signer[];
}
