import type { EnvironmentStatus, Hold } from '../contract/environment.ts';
import type { LedgerEntry } from '../contract/ledger.ts';
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

/**
 * Reads a ledger from its environment, else from the store. Throws if the environment does not answer; where
 * `unanswered` takes note of that instead, the stored ledger counts.
 */
export async function currentLedger(
  { environments, evidence }: LedgerSources,
  { service, environment }: { service: string; environment: string },
  unanswered?: (error: unknown) => void,
): Promise<CurrentLedger> {
  const asked = environments.statusOf(service, environment);
  const status = await (unanswered ? asked.catch((error: unknown) => noted(unanswered, error)) : asked);
  if (status) return { status, ledger: status.ledger, holds: status.holds };
  const { entries, memory } = await evidence.summarizeLedger({ service, environment });
  return { status, ledger: entries, holds: memory.holds };
}

function noted(unanswered: (error: unknown) => void, error: unknown): null {
  unanswered(error);
  return null;
}
