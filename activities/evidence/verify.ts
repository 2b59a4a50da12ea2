import { createHash } from 'node:crypto';
import { evidenceManifest, filesOf, type EvidenceFile, type EvidenceManifest } from '../../contract/evidence.ts';
import { objectPath } from '../../contract/ids.ts';
import type { ChangeEntry, LedgerEntry } from '../../contract/ledger.ts';
import { parseJson } from '../json.ts';
import { chainProblems } from '../ledger-chain.ts';
import type { EvidenceObjects } from '../ports/index.ts';

/** One kept text, compared with its hash; the text is there only if it is what was kept. */
export interface VerifiedFile extends EvidenceFile {
  state: 'unchanged' | 'altered' | 'missing';
  text: string | null;
}

/** Evidence of one change, compared with the hashes of its manifest and of the ledger. */
export interface VerifiedEvidence {
  entry: ChangeEntry;
  /** Hash of the manifest, and its content if that has this hash. */
  hash: string;
  manifest: EvidenceManifest | null;
  files: VerifiedFile[];
  /** What is not as it was kept, one line each; empty if everything is. */
  problems: string[];
}

/**
 * Recomputes every hash of a change's evidence: each file by the manifest, the manifest by the ledger's entry, and the
 * entries of the ledger by their chain.
 */
export async function verifyEvidence(
  objects: Pick<EvidenceObjects, 'read'>,
  ledger: readonly LedgerEntry[],
  entry: ChangeEntry,
  hash: string,
): Promise<VerifiedEvidence> {
  const chain = chainProblems(ledger).map((problem) => `ledger: ${problem}`);
  const kept = await readKept(objects, hash);
  const what = `manifest (${objectPath(hash)})`;
  if (kept.text === null)
    return { entry, hash, manifest: null, files: [], problems: [...chain, `${what} ${describe(kept.state)}`] };
  const parsed = evidenceManifest.safeParse(parseJson(kept.text));
  if (!parsed.success)
    return { entry, hash, manifest: null, files: [], problems: [...chain, `${what} is none that this version reads`] };
  const manifest = parsed.data;
  const files: VerifiedFile[] = [];
  for (const file of filesOf(manifest)) files.push({ ...file, ...(await readKept(objects, file.sha256)) });
  const damaged = files
    .filter(({ state }) => state !== 'unchanged')
    .map(({ name, sha256, state }) => `${name} (${objectPath(sha256)}) ${describe(state)}`);
  return { entry, hash, manifest, files, problems: [...chain, ...contradictions(manifest, entry), ...damaged] };
}

/** Reads a kept text, and compares it with its hash. */
export async function readKept(
  objects: Pick<EvidenceObjects, 'read'>,
  hash: string,
): Promise<Pick<VerifiedFile, 'state' | 'text'>> {
  const bytes = await objects.read(hash);
  if (bytes === null) return { state: 'missing', text: null };
  const isSame = createHash('sha256').update(bytes).digest('hex') === hash;
  return isSame ? { state: 'unchanged', text: bytes.toString() } : { state: 'altered', text: null };
}

function describe(state: VerifiedFile['state']): string {
  return state === 'missing' ? 'is missing' : 'was altered: its content has another hash';
}

/** Finds where a manifest is about something else than the entry that names it. */
function contradictions(manifest: EvidenceManifest, entry: ChangeEntry): string[] {
  return (['change', 'commit', 'digest', 'plan'] as const)
    .filter((name) => manifest[name] !== entry[name])
    .map((name) => `manifest and ledger differ: ${name} is ${manifest[name]} in one and ${entry[name]} in the other`);
}
