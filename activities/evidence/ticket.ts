import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { TicketEntry } from '../../contract/catalog/tickets.ts';
import { evidenceManifest } from '../../contract/evidence.ts';
import { finalFailure } from '../failure.ts';
import { SecretReader } from '../redaction/secret-reader.ts';
import { withHeartbeat } from '../heartbeat.ts';
import { parseJson } from '../json.ts';
import { readSecret, withoutSecrets } from '../notify.ts';
import type { EvidenceObjects, Ports } from '../ports/index.ts';
import type { Ticket } from '../ports/tickets.ts';
import { readKept } from './verify.ts';

export interface AttachRequest {
  entry: CatalogEntry;
  ticket: TicketEntry;
  /** The issue that the run was given; null if it was given none. */
  number: number | null;
  /** Hash of the manifest. */
  hash: string;
  outcome: string;
  verified: boolean;
}

type TicketPorts = Pick<Ports, 'evidence' | 'secrets' | 'tickets' | 'workerSecrets'>;

/** Attaches evidence to tickets of changes (runbook 002, section 6). */
export function createTicketActivities({ evidence, secrets, tickets, workerSecrets }: TicketPorts) {
  return {
    /** Attaches a manifest with its release notes to one ticket, once, and answers where it is. */
    attachEvidence: async ({ entry, ticket, number, hash, outcome, verified }: AttachRequest): Promise<string> =>
      withHeartbeat(async (_progress, signal) => {
        const manifest = evidenceManifest.parse(parseJson(await requireKept(evidence, hash)));
        const notes = await requireKept(evidence, manifest.notes.sha256);
        const reader = new SecretReader(secrets, entry.settings.target);
        const kept = { manifest, hash, notes, outcome: reader.hide(outcome), verified, number };
        try {
          return await (tickets[ticket.kind] as Ticket).attach({
            ...kept,
            ticket,
            secret: (reference) => readSecret(reference, reader, workerSecrets),
            signal,
          });
        } catch (error) {
          signal.throwIfAborted();
          throw withoutSecrets(error, reader);
        }
      }),
  };
}

async function requireKept(objects: EvidenceObjects, hash: string): Promise<string> {
  const { text, state } = await readKept(objects, hash);
  if (text === null) throw finalFailure('Missing', `the evidence ${hash} is ${state}, so it is not attached`);
  return text;
}
