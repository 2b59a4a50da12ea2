import { z } from 'zod';
import { isChangeEntry, served, type LedgerEntry } from './ledger.ts';

/** Describes how what serves differs from what should. */

/** More differences than this are counted, and not shown. */
export const maxDriftLines = 20;

/** Holds a drift that was found, until it is decided or gone. */
export const drift = z.object({
  /** One line for each difference. */
  problems: z.array(z.string()),
  since: z.string(),
  /** What serves instead; null where nothing or several do. */
  serves: served.nullable(),
});
export type Drift = z.infer<typeof drift>;

/** Lists the differences that people have adopted since the last change that said what it left. */
export function adoptedLines(ledger: readonly LedgerEntry[]): string[] {
  const last = ledger.findLastIndex((entry) => isChangeEntry(entry) && typeof entry.serves === 'object');
  return ledger.slice(last + 1).flatMap((entry) => (entry.kind === 'adopt' ? entry.adopts : []));
}

/** Gives the command that adopts a drift. */
export function adoptCommand(service: string, environment: string): string {
  return `./slipway environment adopt ${service} --environment ${environment} --reason '…'`;
}

/** Says a drift in one line, with what ends it. */
export function describeDrift({ problems, since }: Drift, service: string, environment: string): string {
  const adopt = adoptCommand(service, environment);
  return `drift since ${since}: ${problems.join('; ')}. Roll back or release to end it, or adopt it: ${adopt}`;
}
