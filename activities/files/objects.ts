import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { sha256 } from '../../catalog/canonical-json.ts';
import { objectPath } from '../../contract/ids.ts';
import type { EvidenceObjects } from '../ports/index.ts';
import { createFile } from './texts.ts';

/** Keeps texts of evidence as files below a folder, each written whole under its hash, or not at all. */
export function createFileObjects(folder: string): EvidenceObjects {
  return {
    async keep(text) {
      const hash = sha256(text);
      // Another one that is there is left as it is: whoever reads it sees whether it has this hash.
      await createFile(path.join(folder, objectPath(hash)), text);
      return hash;
    },
    read: (hash) =>
      readFile(path.join(folder, objectPath(hash))).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null;
        throw error;
      }),
  };
}
