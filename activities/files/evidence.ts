import { createLedgers } from '../ledger/index.ts';
import type { Evidence } from '../ports/index.ts';
import { createFileObjects } from './objects.ts';
import { createFileTexts } from './texts.ts';

/** Keeps ledgers and evidence as files below a folder. */
export function createFileEvidence(folder: string): Evidence {
  return { ...createLedgers(createFileTexts(folder)), ...createFileObjects(folder) };
}
