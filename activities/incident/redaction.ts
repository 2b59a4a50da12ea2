import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { SecretReader } from '../redaction/secret-reader.ts';
import { oneLine } from '../one-line.ts';

const maxLineLength = 300;
/** Longer texts are not searched to their end: what is shown of them stands at their beginning. */
const maxSearched = 4_000;

/**
 * Reads the secrets that the service and its gates have, so that they are found in what is shown. Answers the names of
 * those that cannot be read: they are left to the forms of credentials.
 */
export async function readSecrets(secrets: SecretReader, { settings }: CatalogEntry): Promise<string[]> {
  const headers = settings.smoke.flatMap(({ headers = {} }) => Object.values(headers));
  const inHeaders = headers.flatMap((value) => (typeof value === 'object' && 'secret' in value ? [value] : []));
  const all = [...Object.values(settings.secrets), ...inHeaders];
  const read = await Promise.allSettled(all.map((secret) => secrets.read(secret)));
  return all.flatMap(({ secret }, index) => (read[index]?.status === 'rejected' ? [secret] : []));
}

/** Makes a text of others fit to be kept: its secrets hidden, then on one line, then cut (invariant I9). */
export function fitToKeep(text: string, secrets: SecretReader, maxLength = maxLineLength): string {
  const safe = oneLine(secrets.hide(text.slice(0, maxSearched)));
  return safe.length > maxLength ? `${safe.slice(0, maxLength - 1)}…` : safe;
}
