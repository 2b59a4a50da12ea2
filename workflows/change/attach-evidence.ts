import { CancellationScope } from '@temporalio/workflow';
import type { TicketEntry } from '../../contract/catalog/tickets.ts';
import { attaching } from '../run/activities.ts';
import { isExpected, messageOf } from '../run/failures.ts';
import type { Parts } from './change.ts';

type EvidencedChange = Parts<'run' | 'entry' | 'evidence' | 'request'>;

/**
 * Attaches the evidence of a change that has ended to its tickets, side by side. The environment is free by then, and a
 * ticket that takes nothing never changes how the change ended (invariant I10).
 */
export async function attachEvidence(
  change: EvidencedChange,
  { outcome, verified }: { outcome: string; verified: boolean },
): Promise<void> {
  const hash = change.evidence.manifests.at(-1);
  const { tickets = [] } = change.entry.settings.evidence ?? {};
  if (hash === undefined || tickets.length === 0) return;
  const attach = (ticket: TicketEntry) => attachTo(change, ticket, { hash, outcome, verified });
  await CancellationScope.nonCancellable(() => Promise.all(tickets.map(attach)));
}

async function attachTo(
  { run, entry, request }: EvidencedChange,
  ticket: TicketEntry,
  what: { hash: string; outcome: string; verified: boolean },
): Promise<void> {
  try {
    const call = { entry, ticket, number: request.ticket, ...what };
    const place = await attaching(`attach the evidence: ${ticket.kind}`).attachEvidence(call);
    run.record.note(`evidence: attached to ${place}`);
  } catch (error) {
    if (!isExpected(error)) throw error;
    run.record.note(
      `evidence: not attached (${ticket.kind}): ${messageOf(error)}; ./slipway evidence ${run.id} has it`,
    );
  }
}
