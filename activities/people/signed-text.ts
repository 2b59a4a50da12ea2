import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import { keysOf } from '../../contract/people.ts';
import type { VerifiedKey } from '../../contract/proof.ts';
import { armored } from '../../contract/statement.ts';
import type { Catalog } from '../ports/index.ts';
import type { Signatures } from '../ports/signatures.ts';

export interface SignedText {
  text: string;
  by: string;
  /** The signature as it arrived. */
  pasted: string;
  /** Names the text in a refusal. */
  what: string;
}

/** Verifies a person's signature by the keys of a catalog entry; answers which key it was, or why it does not count. */
export async function verifySignedText(
  signatures: Signatures,
  { signers, hash }: Pick<CatalogEntry, 'signers' | 'hash'>,
  { text, by, pasted, what }: SignedText,
): Promise<VerifiedKey | { refused: string }> {
  const keys = keysOf(signers, by);
  if (keys.length === 0) return { refused: `the catalog has no key of ${by}: add it under signers` };
  const signature = armored(pasted);
  if (signature === undefined)
    return { refused: 'the signature is not an SSH signature: paste all that ssh-keygen -Y sign prints' };
  const verdict = await signatures.verify({ text, signature, keys });
  return verdict.valid
    ? { key: verdict.fingerprint, catalog: hash }
    : { refused: `the signature is not one of ${by} over ${what}: ${verdict.reason}` };
}

/** Reads the catalog entry of now, whose people and keys count. */
export async function currentEntry(
  catalog: Pick<Catalog, 'resolve'>,
  { service, environment }: { service: string; environment: string },
): Promise<CatalogEntry> {
  const entry = await catalog.resolve(service, environment);
  // Neither yes nor no: the file may be in the middle of an edit, so it is asked again (invariant I10).
  if ('message' in entry) throw new Error(`the catalog does not say who may: ${entry.message}`);
  return entry;
}
