import { patched } from '@temporalio/workflow';
import { cutLine } from '../contract/cut-line.ts';
import { boundedReports, type DriftReport } from '../contract/drift.ts';
import { checkDriftInput, type CheckDriftInput } from '../contract/inputs.ts';
import { countOf } from '../contract/plan.ts';
import { announceDrift } from './drift/announce.ts';
import { checkEarlier } from './drift/earlier-check.ts';
import { lookups, reading } from './run/activities.ts';
import { asOutcome, ending, isExpected, messageOf } from './run/failures.ts';
import { parseStart } from './run/messages.ts';

/** Places that are looked at at the same time: a server takes two thousand open activities of one run. */
const atOnce = 20;
/** Places that the message names; the details have all of them. */
const maxNamed = 20;
const maxMessageLength = 4_000;

/**
 * Compares the live state with ledger, invariants and our last write, for every place asked for (runbook 000, drift
 * check). Fails as `Drifted` when anything deviates; the failure's details have every place.
 */
export async function checkDrift(raw: unknown): Promise<{ outcome: string; places: DriftReport[] }> {
  const input = parseStart(checkDriftInput, raw);
  const { reports, failures } = patched('drift-in-turns') ? await checkInTurns(input) : await checkAtOnce(input);
  const deviating = reports.filter(({ problems }) => problems.length > 0);
  if (deviating.length > 0) throw ending('Drifted', describe(deviating, failures), undefined, [{ places: reports }]);
  if (failures.length > 0) throw failures[0];
  return { outcome: `no drift in ${countOf(reports.length, 'environment')}`, places: reports };
}

interface Checked {
  reports: DriftReport[];
  /** Why places could not be looked at. */
  failures: unknown[];
}

function describe(deviating: readonly DriftReport[], failures: readonly unknown[]): string {
  const named = deviating
    .slice(0, maxNamed)
    .map(({ service, environment, problems }) => `${service} in ${environment}: ${problems.join('; ')}`);
  const others = deviating.length - named.length;
  const unread = `not looked at: ${countOf(failures.length, 'environment')}, since ${messageOf(failures[0])}`;
  const all = [
    ...(failures.length > 0 ? [unread] : []),
    ...named,
    ...(others > 0 ? [`and ${countOf(others, 'more environment')}`] : []),
  ];
  return cutLine(all.join(' | '), maxMessageLength);
}

/** Checks some places at a time. One that cannot be looked at keeps the others from nothing; it fails the run after. */
async function checkInTurns(input: CheckDriftInput): Promise<Checked> {
  const places = await lookups.placeNames(input).catch(asOutcome);
  const reports: DriftReport[] = [];
  const failures: unknown[] = [];
  const left = places.entries();
  const work = async (): Promise<void> => {
    for (const [index, place] of left) {
      try {
        reports[index] = await check(place);
      } catch (error) {
        if (!isExpected(error)) throw error;
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return { reports: boundedReports(reports.filter((report) => report !== undefined)), failures };
}

async function check({ service, environment }: Pick<DriftReport, 'service' | 'environment'>): Promise<DriftReport> {
  const looking = reading(`find the drift of ${service} in ${environment}`.slice(0, 200));
  const { isNews, ...report } = await looking.checkPlace({ service, environment });
  const unkept = isNews ? await announceDrift({ service, environment }) : null;
  return { service, environment, ...report, ...(unkept !== null && { unkept }) };
}

/** Checks all places at once, as versions before `drift-in-turns` did. */
async function checkAtOnce(input: CheckDriftInput): Promise<Checked> {
  const places = await lookups.places(input).catch(asOutcome);
  return { reports: await Promise.all(places.map(checkEarlier)), failures: [] };
}
