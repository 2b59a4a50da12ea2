import { patched } from '@temporalio/workflow';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import { adoptedLines, uncompared, type DriftReport } from '../../contract/drift.ts';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import { lastKnownGood } from '../../contract/ledger.ts';
import { reading } from '../run/activities.ts';
import { announceDrift } from './announce.ts';

/** Checks a place as versions before `drift-in-turns` did, for runs that began then. */
export async function checkEarlier(entry: CatalogEntry): Promise<DriftReport> {
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
  const unkept = isNews ? await announceDrift({ service, environment }) : null;
  const notCompared = uncompared(state);
  const where = url === undefined ? {} : { url };
  return { service, environment, problems, serving, ...where, notCompared, ...(unkept !== null && { unkept }) };
}
