import type { EnvironmentStatus, Hold } from '../contract/environment.ts';
import type { LedgerEntry } from '../contract/ledger.ts';
import { inTime, readLedgerWithinMs } from './ledger/time-limit.ts';
import { oneLine } from './one-line.ts';
import { isOwnError } from './own-errors.ts';
import type { Environments, Evidence } from './ports/index.ts';

/** The sources of a ledger. */
export interface LedgerSources {
  environments: Pick<Environments, 'statusOf'>;
  evidence: Pick<Evidence, 'summarizeLedger'>;
}

/** The entries of a ledger that count, and its holds, with the status that they came with; null if they are stored. */
export interface CurrentLedger {
  status: EnvironmentStatus | null;
  ledger: LedgerEntry[];
  holds: Hold[];
}

/** The stored ledger cannot be read now, whatever the reason. It is no final failure: nobody can decide about it. */
export class LedgerUnread extends Error {
  override readonly name = 'LedgerUnread';

  constructor(cause: unknown) {
    super(`the stored ledger cannot be read: ${oneLine(cause instanceof Error ? cause.message : String(cause))}`);
  }
}

/**
 * Reads a ledger from its environment, else from the store. Throws if the environment does not answer; where
 * `unanswered` takes note of that instead, the stored ledger counts. Throws LedgerUnread if the store does not answer.
 */
export async function currentLedger(
  { environments, evidence }: LedgerSources,
  { service, environment }: { service: string; environment: string },
  unanswered?: (error: unknown) => void,
): Promise<CurrentLedger> {
  const asked = environments.statusOf(service, environment);
  const status = await (unanswered ? asked.catch((error: unknown) => noted(unanswered, error)) : asked);
  if (status) return { status, ledger: status.ledger, holds: status.holds };
  const { entries, memory } = await readStored(evidence, { service, environment });
  return { status, ledger: entries, holds: memory.holds };
}

async function readStored(evidence: LedgerSources['evidence'], place: { service: string; environment: string }) {
  try {
    return await inTime(readLedgerWithinMs, () => evidence.summarizeLedger(place));
  } catch (error) {
    if (isOwnError(error)) throw error;
    throw new LedgerUnread(error);
  }
}

function noted(unanswered: (error: unknown) => void, error: unknown): null {
  unanswered(error);
  return null;
}
