import { describeArtifact } from './artifact.ts';
import type { Hold } from './environment.ts';
import { utcMoment } from './utc-moment.ts';

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
