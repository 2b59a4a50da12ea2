import { z } from 'zod';
import { stopScope } from './fields.ts';
import { changeKinds, type ChangeKind, type PlannedMigration } from './plan.ts';
import { trafficStates } from './disabled-traffic.ts';
import { decisionRecord, proof } from './proof.ts';
import { questions } from './statement.ts';
import type { Approval } from './status.ts';

/**
 * Describes the entries of a ledger: each kind has exactly its fields. The schemas drop a field that they do not name,
 * so nothing unknown gets into a ledger.
 */
const text = z.string();

export const served = z.object({ revision: text, digest: text, commit: text });
export type Served = z.infer<typeof served>;

/** Says what serves after an entry. `unknown` means that somebody must look at the platform. */
const servesAfter = z.union([served, z.literal('unchanged'), z.literal('unknown')]);
export type ServesAfter = z.infer<typeof servesAfter>;

const migration = z.object({
  name: text,
  compatibility: z.enum(['compatible', 'incompatible']),
  outOfOrder: z.literal(true).optional(),
}) satisfies z.ZodType<PlannedMigration>;

const approval = z.object({
  by: text,
  role: text,
  at: text,
  plan: text,
  environment: text.optional(),
  gate: z.enum(questions),
  expires: text.optional(),
  signature: text.optional(),
  temporal: text.optional(),
  key: text.optional(),
  catalog: text.optional(),
  breakGlass: z.literal(true).optional(),
}) satisfies z.ZodType<Approval>;

/** Holds what every entry says: what happened, by whom and why. */
const event = z.object({ outcome: text, by: text, reason: text });

/** Adds the proof of a person's message to an entry; absent where nobody has proven who it was. */
const proven = { proof: proof.optional() };

/** Holds what a change says of itself when it leaves. The environment adds which change it was. */
export const changeReport = event.extend({
  kind: z.enum(changeKinds),
  commit: text,
  digest: text,
  /** The revision that it brought up or verified; null if there is none. */
  revision: text.nullable(),
  /** Hash of its plan. */
  plan: text,
  /** Names of the migrations that ran. */
  migrations: z.array(text),
  /** The schema after they ran: its version, and how each is declared (invariant I8). Null if none ran. */
  schema: z.object({ version: text, migrations: z.array(migration) }).nullable(),
  verified: z.boolean(),
  /** Steps that people skipped, each with who did; absent if none was. */
  skipped: z.array(text).optional(),
  /** When users met its artifact before it was taken back; absent if they did not. */
  exposed: z.object({ from: text, to: text.nullable() }).optional(),
  serves: servesAfter,
  /**
   * The state before this change; null if nothing served. It is a way back that nobody verified, for a service that was
   * released by hand before.
   */
  before: served.nullable(),
  /**
   * True if an incompatible migration may have run although the change was not released: what serves may not fit the
   * schema (invariant I8).
   */
  irreversible: z.boolean(),
  /** Set if people brought the schema back by hand: it may lack what newer code needs; absent otherwise. */
  schemaRepaired: z.literal(true).optional(),
  /** The artifact that may not be released again: its own, or the one that a rollback left. A `lift` ends it. */
  hold: z.object({ digest: text, commit: text, reason: text }).nullable(),
  /** Approvals of the plan and sign-offs of steps, with their signatures. */
  approvals: z.array(approval),
  /** Decisions of people about its parked steps, the newest; absent if there were none. */
  decisions: z.array(decisionRecord).optional(),
  /** Hashes of the manifests of its evidence, oldest first; absent if there is none (contract/evidence.ts). */
  evidence: z.array(text).optional(),
});
export type ChangeReport = z.infer<typeof changeReport>;

/** Holds what a drill says of itself when it leaves: the revision that serves is the same as before. */
export const drillReport = event.extend({ kind: z.literal('drill'), serves: servesAfter });

/**
 * Holds what the switch of a path of traffic says of itself when it leaves. `unchanged`: nothing was sent; `unknown`:
 * nobody knows whether it took effect.
 */
export const trafficSwitchReport = event.extend({
  kind: z.literal('switchTraffic'),
  /** Its name in the catalog. */
  switch: text,
  state: z.enum([...trafficStates, 'unchanged', 'unknown']),
  serves: servesAfter,
});
export type TrafficSwitchReport = z.infer<typeof trafficSwitchReport>;

const trafficSwitchDraft = trafficSwitchReport.extend({ change: text });

const drillDraft = drillReport.extend({ change: text });

const changeDraft = changeReport.extend({ change: text });

/** The environment's own entry, after a holder that wrote none or about a stored ledger that is not whole. */
const uncleanDraft = event.extend({
  kind: z.literal('unclean'),
  /** The holder's change; null if the entry is about the ledger. */
  change: text.nullable(),
  serves: servesAfter,
  /** Problems of the stored ledger that were accepted. */
  accepts: z.array(text),
  /** Of the message that broke the lock. */
  ...proven,
});

/** A drift that a person took for what should be, with its differences. */
const adoptDraft = event.extend({
  kind: z.literal('adopt'),
  change: z.null(),
  serves: servesAfter,
  adopts: z.array(text),
  ...proven,
});

/** A hold that a person lifted, with the change that had set it. */
const liftDraft = event.extend({ kind: z.literal('lift'), change: text, commit: text, digest: text, ...proven });

const freezeDraft = event.extend({
  kind: z.literal('freeze'),
  /** When it ends by itself; null if it does not. */
  until: text.nullable(),
  /** Set for a stop of the line. */
  scope: stopScope.optional(),
  ...proven,
});

const unfreezeDraft = event.extend({
  kind: z.literal('unfreeze'),
  /** The end of the catalog's window that was ended early; null if a person's freeze was ended. */
  windowEnd: text.nullable(),
  /** Set if a stop of the line was ended here. */
  scope: stopScope.optional(),
  ...proven,
});

export const ledgerDraft = z.discriminatedUnion('kind', [
  changeDraft,
  drillDraft,
  trafficSwitchDraft,
  uncleanDraft,
  adoptDraft,
  liftDraft,
  freezeDraft,
  unfreezeDraft,
]);
export type LedgerDraft = z.infer<typeof ledgerDraft>;

const chain = {
  /** The environment's number at that time. */
  number: z.number(),
  /** Its place in the ledger, from 1; absent in an entry of an earlier version, and in one that is not written yet. */
  position: z.number().optional(),
  at: text,
  /** Hash of the entry before, so that a missing or altered one shows. */
  previous: text,
  /** Empty, as `previous` is, while the entry is not written yet. */
  hash: text,
};

const changeEntry = changeDraft.extend(chain);
export type ChangeEntry = z.infer<typeof changeEntry>;

export const ledgerEntry = z.discriminatedUnion('kind', [
  changeEntry,
  drillDraft.extend(chain),
  trafficSwitchDraft.extend(chain),
  uncleanDraft.extend(chain),
  adoptDraft.extend(chain),
  liftDraft.extend(chain),
  freezeDraft.extend(chain),
  unfreezeDraft.extend(chain),
]);
export type LedgerEntry = z.infer<typeof ledgerEntry>;

/** The revision that runs, as the ledger has it. */
export interface RunningRevision extends Served {
  /** Since when this digest serves, and the change and person that brought it; `change` is empty for nobody's. */
  since: string;
  change: string;
  by: string;
  /** False when a later change could not say what it left: look at the platform. */
  certain: boolean;
  /** Set where users met something else meanwhile: since when it serves again, and the change that was taken back. */
  again?: { since: string; change: string };
}

const kindsOfChanges: readonly string[] = changeKinds satisfies readonly ChangeKind[];

export function isChangeEntry(entry: LedgerEntry): entry is ChangeEntry {
  return kindsOfChanges.includes(entry.kind);
}

/** Selects the entries of changes. */
export function changeEntries(ledger: readonly LedgerEntry[]): ChangeEntry[] {
  return ledger.filter(isChangeEntry);
}

/** Finds the commit that an entry is about; empty if it is about none. */
export function commitIn(entry: LedgerEntry): string {
  if (entry.kind === 'unclean' || entry.kind === 'adopt')
    return typeof entry.serves === 'object' ? entry.serves.commit : '';
  return 'commit' in entry ? entry.commit : '';
}

/** Finds the changes that were verified, oldest first: goals of rollbacks and sources of promotions. */
export function verifiedChanges(ledger: readonly LedgerEntry[]): ChangeEntry[] {
  return changeEntries(ledger).filter(({ verified }) => verified);
}

/** Finds what runs; null before anything is known. The environment, the command line and the file agree on it. */
export function runningRevision(ledger: readonly LedgerEntry[]): RunningRevision | null {
  const telling = ledger.filter((entry) => 'serves' in entry).filter(({ serves }) => serves !== 'unchanged');
  const states = telling.flatMap((entry) =>
    typeof entry.serves === 'object' ? [{ entry, serves: entry.serves, exposed: exposureIn(entry) }] : [],
  );
  const last = states.at(-1);
  if (!last) return null;
  const first = states.findLastIndex(({ serves }) => serves.digest !== last.serves.digest) + 1;
  const { entry } = states[first] ?? last;
  const certain = telling.at(-1)?.serves !== 'unknown';
  const brief = { ...last.serves, since: entry.at, change: entry.change ?? '', by: entry.by, certain };
  const broken = states.slice(first).findLast(({ exposed }) => exposed);
  if (!broken) return brief;
  return { ...brief, again: { since: broken.exposed?.to ?? broken.entry.at, change: broken.entry.change ?? '' } };
}

function exposureIn(entry: LedgerEntry): ChangeReport['exposed'] {
  return isChangeEntry(entry) ? entry.exposed : undefined;
}

/** Finds the last state that was verified; null if there is none. */
export function lastKnownGood(ledger: readonly LedgerEntry[]): ChangeEntry | null {
  return verifiedChanges(ledger).at(-1) ?? null;
}

/**
 * Finds changes that may have left a schema which nothing verified stands for (invariant I8). A verified change stands
 * for it, since its plan asked about these; a rotation of secrets asks nobody about a schema.
 */
export function unreleasedSchemaChanges(ledger: readonly LedgerEntry[]): ChangeEntry[] {
  const changes = changeEntries(ledger);
  const last = changes.findLastIndex(({ kind, verified }) => verified && kind !== 'rotateSecrets');
  return changes.slice(last + 1).filter(({ irreversible }) => irreversible);
}

/** Finds changes after another one that brought the schema back by hand: it may lack what that one needs. */
export function schemaRepairsSince(ledger: readonly LedgerEntry[], change: string): ChangeEntry[] {
  const changes = changeEntries(ledger);
  return changes
    .slice(changes.findLastIndex((entry) => entry.change === change) + 1)
    .filter(({ schemaRepaired }) => schemaRepaired);
}
