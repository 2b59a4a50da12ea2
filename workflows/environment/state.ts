import { z } from 'zod';
import {
  disabledTraffic,
  freeze,
  freezingIncident,
  frozenTime,
  handOver,
  hold,
  mitigationRun,
  ticket,
} from '../../contract/environment.ts';
import { drift } from '../../contract/drift.ts';
import type { Marker } from '../../contract/fence.ts';
import { inlineOf } from '../../contract/ledger-inline.ts';
import type { LedgerHead, LedgerMemory } from '../../contract/ledger-memory.ts';
import { ledgerDraft, ledgerEntry, type LedgerEntry } from '../../contract/ledger.ts';
import { proof } from '../../contract/proof.ts';
import { matter } from './matters.ts';

const text = z.string();
const fence = z.strictObject({ number: z.number(), sequence: z.number() });
const marker = z.strictObject({ change: text, step: text, attempt: z.number(), fence }) satisfies z.ZodType<Marker>;
/** An entry that the store does not have yet. */
export const unwrittenEntry = z.strictObject({ at: text, number: z.number(), draft: ledgerDraft });
export type UnwrittenEntry = z.infer<typeof unwrittenEntry>;
const refusal = z.strictObject({ at: text, message: text, by: text, reason: text });

/** The state of an environment, as continue-as-new carries it; JSON-safe. */
export const environmentState = z.strictObject({
  /** Raised with every grant: the first half of every fence (invariant I3). */
  number: z.number(),
  holder: ticket.extend({ number: z.number() }).nullable(),
  queue: z.array(ticket),
  freeze: freeze.nullable(),
  /** Its part of stops of the line, one a scope at most. A run of an earlier version carries none. */
  stops: z.array(freeze).default([]),
  /** Incidents that freeze it. A run of an earlier version carries none. */
  incidents: z.array(freezingIncident).default([]),
  /** Mitigations of incidents that are under way: they pass freezes. A run of an earlier version carries none. */
  mitigations: z.array(mitigationRun).default([]),
  holds: z.array(hold),
  /** Paths of traffic that are disabled. A run of an earlier version carries none. */
  disabledTraffic: z.array(disabledTraffic).default([]),
  /** How what serves differs from the ledger. A run of an earlier version carries none. */
  drift: drift.nullable().default(null),
  /** Freezes and drift that people know of; null before the first look, and in a run of an earlier version. */
  told: z.array(matter).nullable().default(null),
  /** Entries that the store has, as far as they stay inline. */
  ledger: z.array(ledgerEntry),
  /** Entries that the store does not have yet, oldest first. A run of an earlier version carries none. */
  unwritten: z.array(unwrittenEntry).default([]),
  /** The last entry in the store; null where a run of an earlier version has not known its place. */
  head: z.strictObject({ position: z.number(), hash: text }).nullable().default(null),
  /** Set while the stored ledger could not be read yet: since when, why, and the target's last write by then. */
  unread: z.strictObject({ since: text, why: text, lastWrite: marker.nullable() }).nullable().default(null),
  /** Left by a change that was pre-empted, for the next holder. */
  handOver: handOver.nullable(),
  /** The last that gave the environment back, so that a repeated `leave` has the same answer. */
  departures: z.array(z.strictObject({ change: text, number: z.number() })),
  /** The catalog's window that is on, or the next one. */
  window: frozenTime.nullable(),
  /** The catalog's windows that `window` was computed from; null while they are not known. */
  windows: text.nullable(),
  /** End of the last occurrence of a window that a person has ended. */
  windowEnded: text.nullable(),
  /** The holder that a freeze was announced to, so that its end is announced, too. */
  announcedTo: z.strictObject({ number: z.number(), since: text }).nullable(),
  /** Set while a holder of a terminated environment may still be at work; nothing is granted until then. */
  unverified: z.boolean(),
  /** The last write at the target, where no ledger entry tells how its change ended. */
  orphanedWrite: marker.nullable(),
  /** A holder whose lock a person has broken, until it has been looked after. */
  lockBroken: z.strictObject({ number: z.number(), why: text, proof: proof.optional() }).nullable(),
  refused: z.strictObject({ count: z.number(), last: z.array(refusal) }),
});
export type EnvironmentState = z.infer<typeof environmentState>;

/** What the store and the target know of an environment that begins. */
interface Beginning {
  ledger: LedgerEntry[];
  memory: LedgerMemory;
  head: LedgerHead | null;
  unread: EnvironmentState['unread'];
  highestNumber: number;
  orphanedWrite: Marker | null;
}

/** The state of an environment that begins. */
export function freshState({
  ledger,
  memory,
  head,
  unread,
  highestNumber,
  orphanedWrite,
}: Beginning): EnvironmentState {
  return {
    ...memory,
    number: highestNumber,
    holder: null,
    queue: [],
    incidents: [],
    mitigations: [],
    drift: null,
    told: null,
    ledger: inlineOf(ledger),
    unwritten: [],
    head,
    unread,
    handOver: null,
    departures: [],
    window: null,
    windows: null,
    announcedTo: null,
    unverified: highestNumber > 0,
    orphanedWrite,
    lockBroken: null,
    refused: { count: 0, last: [] },
  };
}
