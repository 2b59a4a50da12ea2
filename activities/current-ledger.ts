import type { EnvironmentStatus } from '../contract/environment.ts';
import type { LedgerEntry } from '../contract/ledger.ts';
import type { Environments, Evidence } from './ports/index.ts';

/** The sources of a ledger. */
export interface LedgerSources {
  environments: Pick<Environments, 'statusOf'>;
  evidence: Pick<Evidence, 'readLedger'>;
}

/** A ledger, and the status of the environment that it came with; null if it is the stored one. */
export interface CurrentLedger {
  status: EnvironmentStatus | null;
  ledger: LedgerEntry[];
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
  return { status, ledger: status?.ledger ?? (await evidence.readLedger(service, environment)) };
}

function noted(unanswered: (error: unknown) => void, error: unknown): null {
  unanswered(error);
  return null;
}
