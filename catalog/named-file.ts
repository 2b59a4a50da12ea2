import { lstat, readFile } from 'node:fs/promises';
import path from 'node:path';

/** A trusted root has some ten kilobytes. */
const maxBytes = 1 << 20;

/** Reads a file that a catalog file names, by its path below the catalog; null if there is no such plain file. */
export async function readNamedFile(folder: string, name: string): Promise<string | null> {
  const file = path.join(folder, name);
  const info = await lstat(file).catch(() => null);
  if (!info?.isFile() || info.size > maxBytes) return null;
  return readFile(file, 'utf8');
}
