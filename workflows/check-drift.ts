import { isCancellation, patched, workflowInfo } from '@temporalio/workflow';
import type { CatalogEntry } from '../contract/catalog/catalog.ts';
import { adoptedLines, uncompared, type DriftReport } from '../contract/drift.ts';
import type { EnvironmentStatus } from '../contract/environment.ts';
import { checkDriftInput } from '../contract/inputs.ts';
import { lastKnownGood } from '../contract/ledger.ts';
import { countOf } from '../contract/plan.ts';
import { announcing, lookups, reading } from './run/activities.ts';
import { asOutcome, ending, isExpected, messageOf } from './run/failures.ts';
import { parseStart } from './run/messages.ts';

/**
 * Compares the live state with ledger, invariants and our last write, for every place asked for (runbook 000, drift
 * check). Fails as `Drifted` when anything deviates; the failure's details have every place.
 */
export async function checkDrift(raw: unknown): Promise<{ outcome: string; places: DriftReport[] }> {
  const places = await lookups.places(parseStart(checkDriftInput, raw)).catch(asOutcome);
  const reports = await Promise.all(places.map(check));
  const deviating = reports.filter(({ problems }) => problems.length > 0);
  if (deviating.length > 0) {
    throw ending(
      'Drifted',
      deviating
        .map(({ service, environment, problems }) => `${service} in ${environment}: ${problems.join('; ')}`)
        .join(' | '),
      undefined,
      [{ places: reports }],
    );
  }
  return { outcome: `no drift in ${countOf(reports.length, 'environment')}`, places: reports };
}

async function check(entry: CatalogEntry): Promise<DriftReport> {
  const { service, environment } = entry;
  const [live, state] = await Promise.all([
    reading(`observe ${service} in ${environment}`).observe({ entry }),
    reading('read the ledger').environmentStatus({ service, environment }),
  ]);
  // A check of an earlier version has compared less, and told nobody.
  if (patched('drift-is-kept')) return findAndAnnounce(entry, state);
  const verified = state && lastKnownGood(state.ledger);
  const serving = live.serving[0];
  if (!live.exists || !serving)
    return {
      service,
      environment,
      problems: verified ? [`nothing serves, but the ledger has ${verified.revision}`] : [],
    };
  const artifact = { image: '', digest: serving.digest, commit: serving.commit };
  // A holder may be changing it right now.
  const withDrift = !state?.holder;
  const read = { entry, artifact, revision: null, withDrift };
  const { problems } = await reading('read back the invariants').readBack(read);
  // What the ledger verified last is what should serve.
  const ledger =
    verified && withDrift && verified.digest !== serving.digest
      ? [`serves ${serving.digest}, but the ledger has ${verified.digest} of change ${verified.change}`]
      : [];
  return { service, environment, problems: [...problems, ...ledger] };
}

/** Finds the drift of a place, and has its environment keep it, or forget it where it is gone. */
async function findAndAnnounce(
  { service, environment }: CatalogEntry,
  state: EnvironmentStatus | null,
): Promise<DriftReport> {
  const adopted = adoptedLines(state?.ledger ?? []);
  const question = { runs: state?.runs ?? null, adopted, isHeld: Boolean(state?.holder) };
  const looking = reading(`find the drift of ${service} in ${environment}`.slice(0, 200));
  const { problems, serving, url } = await looking.findDrift({ service, environment, ...question });
  const isNews = state !== null && !state.holder && (problems.length > 0 || state.drift);
  const unkept = isNews ? await announce({ service, environment }) : null;
  const notCompared = uncompared(state);
  const where = url === undefined ? {} : { url };
  return { service, environment, problems, serving, ...where, notCompared, ...(unkept !== null && { unkept }) };
}

/** Tells the environment; answers why that was not possible. A check is not worth less by it. */
async function announce(place: { service: string; environment: string }): Promise<string | null> {
  const { workflowId, firstExecutionRunId } = workflowInfo();
  try {
    await announcing('tell the environment').announceDrift({ ...place, caller: { workflowId, firstExecutionRunId } });
    return null;
  } catch (error) {
    if (!isExpected(error) || isCancellation(error)) throw error;
    return messageOf(error);
  }
}
