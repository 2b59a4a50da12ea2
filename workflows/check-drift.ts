import type { CatalogEntry } from '../contract/catalog/catalog.ts';
import { checkDriftInput } from '../contract/inputs.ts';
import { lastKnownGood } from '../contract/ledger.ts';
import { lookups, reading } from './run/activities.ts';
import { asOutcome, ending } from './run/failures.ts';
import { parseStart } from './run/messages.ts';

export interface DriftReport {
  service: string;
  environment: string;
  problems: string[];
}

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
  return { outcome: `no drift in ${reports.length} environments`, places: reports };
}

async function check(entry: CatalogEntry): Promise<DriftReport> {
  const { service, environment } = entry;
  const [live, state] = await Promise.all([
    reading(`observe ${service} in ${environment}`).observe({ entry }),
    reading('read the ledger').environmentStatus({ service, environment }),
  ]);
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
