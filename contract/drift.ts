import { z } from 'zod';
import { cutLine } from './cut-line.ts';
import type { EnvironmentStatus } from './environment.ts';
import { isChangeEntry, served, type LedgerEntry } from './ledger.ts';
import type { ServingRevision } from './live.ts';
import { utcMoment } from './utc-moment.ts';

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
  const what = `drift since ${utcMoment(since)}: ${problems.join('; ')}`;
  return `${what}. Roll back or release to end it, or adopt it: ${adopt}`;
}

/** Tells of one place what serves, how it differs from what should, and what nobody could compare. */
export interface DriftReport {
  service: string;
  environment: string;
  problems: string[];
  /** What users get now, as the platform says it; absent in a report of an earlier version. */
  serving?: ServingRevision[];
  /** Where users call it; absent where the platform has no address of it. */
  url?: string;
  /** What was not compared, and why. */
  notCompared?: string[];
  /** Why the environment could not be told of it; absent if it was, or need not be. */
  unkept?: string;
}

/** From here on a report has no more than what deviates: Temporal takes 2 MiB for the answer of a run. */
const maxWholeReports = 50;
const maxLinesOfMany = 3;
const maxLengthOfMany = 160;

/** Shortens the reports of many places, so that a thousand of them fit into one answer. */
export function boundedReports(reports: readonly DriftReport[]): DriftReport[] {
  if (reports.length <= maxWholeReports) return [...reports];
  return reports.map(({ service, environment, problems, unkept }) => ({
    service,
    environment,
    problems: shortened(problems),
    ...(unkept !== undefined && { unkept: cutLine(unkept, maxLengthOfMany) }),
  }));
}

function shortened(problems: readonly string[]): string[] {
  const others = problems.length - maxLinesOfMany;
  const first = problems.slice(0, maxLinesOfMany).map((line) => cutLine(line, maxLengthOfMany));
  return [...first, ...(others > 0 ? [`and ${others} more: ./slipway drift <service> --environment <name>`] : [])];
}

/** Says what is not compared in this state of an environment, and why. */
export function uncompared(state: Pick<EnvironmentStatus, 'holder' | 'runs'> | null): string[] {
  const holder = state?.holder;
  if (holder) {
    const { kind, change, owner } = holder;
    return [`ledger, traffic and settings: ${kind} ${change} of ${owner} holds it and may write`];
  }
  if (!state?.runs) return ['the ledger: no change has been verified here yet'];
  return state.runs.certain ? [] : ['the ledger: a later change could not say what it left'];
}
