import { currentLedger, type CurrentLedger, type LedgerSources } from '../current-ledger.ts';
import { withTimeLimit } from './time-limit.ts';

/** An environment whose worker is gone never answers: triage has little time, and the store has the same entries. */
const limitMs = 2_500;

/** Reads a ledger for triage. An environment that does not answer in time is noted, and the stored ledger counts. */
export function ledgerInTime(
  { environments, evidence }: LedgerSources,
  place: { service: string; environment: string },
  signal: AbortSignal,
  unanswered: (error: unknown) => void,
): Promise<CurrentLedger> {
  const statusOf: LedgerSources['environments']['statusOf'] = (service, environment) =>
    withTimeLimit(limitMs, signal, () => environments.statusOf(service, environment));
  return currentLedger({ environments: { statusOf }, evidence }, place, unanswered);
}
