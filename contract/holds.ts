import { describeArtifact } from './artifact.ts';
import type { Hold } from './environment.ts';
import { isChangeEntry, type LedgerEntry } from './ledger.ts';
import { utcMoment } from './utc-moment.ts';

/** Finds the holds in a stored ledger: an environment that was terminated forgets nothing. */
export function holdsOf(ledger: readonly LedgerEntry[]): Hold[] {
  const holds = new Map<string, Hold>();
  for (const entry of ledger) {
    if (entry.kind === 'lift') holds.delete(entry.digest);
    else if (isChangeEntry(entry) && entry.hold) add(holds, { ...entry.hold, change: entry.change, since: entry.at });
  }
  return [...holds.values()];
}

function add(holds: Map<string, Hold>, hold: Hold): void {
  if (!holds.has(hold.digest)) holds.set(hold.digest, hold);
}

/** Names the environment that a hold is of. */
interface Place {
  service: string;
  environment: string;
}

/** Gives the command that lifts a hold; without a digest all of the environment. */
export function liftCommand({ service, environment }: Place, digest?: string): string {
  const which = digest === undefined ? '' : ` --digest ${digest}`;
  return `./slipway environment lift ${service} --environment ${environment}${which} --reason '…'`;
}

/** Says a hold to whom it stops, to stand behind an artifact: since when, why, by which change, and the way out. */
export function describeHold({ digest, since, reason, change }: Hold, place: Place): string {
  const what = `on hold since ${utcMoment(since)}: ${reason} (change ${change})`;
  return `${what}; once its fault is mended, lift that: ${liftCommand(place, digest)}`;
}

/** Says what is on hold, since when and why. */
export function describeHeld(hold: Hold, moment: (at: string) => string): string {
  return `${describeArtifact(hold)} since ${moment(hold.since)}: ${hold.reason}`;
}
