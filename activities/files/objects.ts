import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { sha256 } from '../../catalog/load.ts';
import { objectPath } from '../../contract/ids.ts';
import type { EvidenceObjects } from '../ports/index.ts';

/** Keeps texts of evidence as files below a folder, each written whole under its hash, or not at all. */
export function createFileObjects(folder: string): EvidenceObjects {
  return {
    async keep(text) {
      const hash = sha256(text);
      const file = path.join(folder, objectPath(hash));
      await mkdir(path.dirname(file), { recursive: true });
      const part = `${file}.${randomUUID()}.part`;
      await writeFile(part, text, { flush: true });
      // Another one that is there is left as it is: whoever reads it sees whether it has this hash.
      await link(part, file).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
      await unlink(part);
      return hash;
    },
    read: (hash) =>
      readFile(path.join(folder, objectPath(hash))).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null;
        throw error;
      }),
  };
}
