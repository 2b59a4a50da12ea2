import { createFileTexts } from '../activities/files/texts.ts';
import { createFileObjects } from '../activities/files/objects.ts';
import { createLedgers } from '../activities/ledger/index.ts';
import { withFormerStore } from '../activities/ledger/former-store.ts';
import type { Evidence } from '../activities/ports/index.ts';
import type { TextStore } from '../activities/ports/ledger.ts';

/** Where ledgers and evidence are kept. */
export interface EvidencePlace {
  folder: string;
  /** `gs://<bucket>/<prefix>`; undefined for the folder. */
  bucket: string | undefined;
  /** The sandbox's cloud; undefined for Google's. */
  cloud: { http: string; token?: string } | undefined;
}

/** A store of evidence, with the texts of its ledgers. */
export interface EvidenceStore extends Evidence {
  texts: TextStore;
}

/** Opens what the workers keep. Google's client takes a moment to load, which only who has a bucket waits for. */
export async function openEvidenceStore({ folder, bucket, cloud }: EvidencePlace): Promise<EvidenceStore> {
  const files = createFileTexts(folder);
  if (bucket === undefined) return { texts: files, ...createLedgers(files), ...createFileObjects(folder) };
  const { createBucketObjects, createBucketTexts } = await import('../activities/google/storage.ts');
  const texts = withFormerStore(createBucketTexts(bucket, cloud), files);
  return { texts, ...createLedgers(texts), ...createBucketObjects(bucket, cloud) };
}
