import type { SecretReference } from '../../contract/catalog/notifications.ts';
import type { TicketEntry, TicketKind, TicketOf } from '../../contract/catalog/tickets.ts';
import type { EvidenceManifest } from '../../contract/evidence.ts';

/** What is attached to a ticket when a change has ended. Nothing of it has a secret. */
export interface Attachment<Entry extends TicketEntry = TicketEntry> {
  ticket: Entry;
  /** The issue that the run was given; null if it was given none. */
  number: number | null;
  manifest: EvidenceManifest;
  /** Hash of the manifest. */
  hash: string;
  /** The section of the release notes, as Markdown. */
  notes: string;
  /** How the change ended, in one line, and whether it was verified. */
  outcome: string;
  verified: boolean;
  /** Reads a secret. Nobody may keep it longer than the call that needs it. */
  secret(reference: SecretReference): Promise<string>;
  signal: AbortSignal;
}

export interface Ticket<Entry extends TicketEntry = TicketEntry> {
  /** Attaches it once: a repeat finds what is there. Answers where it is, for a person. */
  attach(attachment: Attachment<Entry>): Promise<string>;
}

/** One kind of ticket each. */
export type Tickets = { [Kind in TicketKind]: Ticket<TicketOf<Kind>> };
