import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { EvidenceFile } from '../../contract/evidence.ts';
import { finalFailure } from '../failure.ts';
import type { SecretReader } from '../redaction/secret-reader.ts';
import { readSecrets } from '../incident/redaction.ts';
import { parseJson } from '../json.ts';
import type { EvidenceObjects } from '../ports/index.ts';

/**
 * Reads every secret that the entry names, so that it is found in what is kept. One that cannot be read could stand in
 * it, so nothing is kept then (invariant I9).
 */
export async function requireSecrets(secrets: SecretReader, entry: CatalogEntry): Promise<void> {
  const missing = await readSecrets(secrets, entry);
  if (missing.length > 0)
    throw finalFailure(
      'Missing',
      `the worker cannot read ${missing.join(', ')}, so nobody can say that no secret is in the evidence: ` +
        'nothing is kept',
    );
}

/** Keeps a text of a check without its secrets, and answers how it is found again. */
export async function keepText(
  objects: EvidenceObjects,
  secrets: SecretReader,
  name: string,
  text: string,
): Promise<EvidenceFile> {
  const safe = secrets.hide(text);
  const mediaType = parseJson(safe) === undefined ? 'text/plain' : 'application/json';
  return { name, sha256: await objects.keep(safe), bytes: Buffer.byteLength(safe), mediaType };
}
