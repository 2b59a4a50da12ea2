import { listLedgers } from '../../activities/ledger/index.ts';
import type { LedgerPlace } from '../../activities/ports/ledger.ts';
import { changeEntries, type ChangeEntry, type LedgerEntry } from '../../contract/ledger.ts';
import type { EvidenceStore } from '../../worker/evidence-store.ts';
import { CommandError } from '../cli/command-error.ts';

/** A change with evidence, with the ledger that names it. */
export interface FoundEvidence {
  place: LedgerPlace;
  ledger: LedgerEntry[];
  entry: ChangeEntry;
  /** Hash of the newest manifest of the change. */
  hash: string;
}

const minPrefixLength = 7;

/**
 * Finds a release in the stored ledgers: by its change id, its revision, the beginning of its commit or of a manifest's
 * hash, or the newest of a service. Asks no Temporal, which may have forgotten it. Throws a CommandError if there is
 * none, or more than one environment has it.
 */
export async function findEvidence(
  store: Pick<EvidenceStore, 'readLedger' | 'texts'>,
  given: string,
  environment: string | undefined,
): Promise<FoundEvidence> {
  const places = (await listLedgers(store.texts)).filter(
    (place) => environment === undefined || place.environment === environment,
  );
  const found: FoundEvidence[] = [];
  for (const place of places) {
    const ledger = await store.readLedger(place);
    const entry = changeEntries(ledger).findLast(
      (one) => hasEvidence(one) && (place.service === given || isNamed(one, given)),
    );
    const hash = entry?.evidence?.findLast((one) => one.startsWith(given)) ?? entry?.evidence?.at(-1);
    if (entry && hash) found.push({ place, ledger, entry, hash });
  }
  const [only, ...others] = found;
  if (!only)
    throw CommandError.notFound(`no release ${given} with evidence is in ${store.texts.name}`, [
      'give a change id, a commit, a revision or a service; ./slipway environment show lists changes',
      'the evidence is where the worker keeps it: name that by --from or SLIPWAY_EVIDENCE',
    ]);
  if (others.length > 0)
    throw CommandError.notFound(
      `${given} is in ${found.map(({ place }) => `${place.service}/${place.environment}`).join(', ')}`,
      ['name one by --environment, or give its change id'],
    );
  return only;
}

function hasEvidence({ evidence = [] }: ChangeEntry): boolean {
  return evidence.length > 0;
}

function isNamed({ change, revision, commit, evidence = [] }: ChangeEntry, given: string): boolean {
  if (given === change || given === revision) return true;
  return given.length >= minPrefixLength && [commit, ...evidence].some((name) => name.startsWith(given));
}
