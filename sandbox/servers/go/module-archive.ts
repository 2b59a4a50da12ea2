import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { zipEntries } from './zip.ts';
import type { ZipEntry } from './zip.ts';

const atOnce = 32;

const inBatches = async <Item>(items: Item[], work: (item: Item) => Promise<void>): Promise<void> => {
  for (let at = 0; at < items.length; at += atOnce) await Promise.all(items.slice(at, at + atOnce).map(work));
};

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Computes a module's hash as `go.sum` has it (platform: golang.org/x/mod/sumdb/dirhash, Hash1). */
const moduleHash = async (entries: ZipEntry[]): Promise<string> => {
  const hashes = new Map<string, string>();
  await inBatches(entries, async ({ name, content }) => {
    hashes.set(
      name,
      createHash('sha256')
        .update(await content())
        .digest('hex'),
    );
  });
  const list = [...hashes.keys()].toSorted(byBytes).map((name) => `${hashes.get(name)}  ${name}\n`);
  return `h1:${createHash('sha256').update(list.join('')).digest('base64')}`;
};

export interface Unpacking {
  /** Folder of the archive that is left away: `<module>@<version>/`. */
  prefix: string;
  hash: string;
  folder: string;
  /** Maps a name to the one to write it under. */
  rename: (name: string) => string;
  isProgram: (name: string) => boolean;
}

/** Unpacks a module's archive into the folder. Writes nothing, and throws, unless its content has the pinned hash. */
export const unpackModule = async (
  zip: Buffer,
  { prefix, hash, folder, rename, isProgram }: Unpacking,
): Promise<void> => {
  const entries = zipEntries(zip);
  const found = await moduleHash(entries);
  if (found !== hash) throw new Error(`its content has the hash ${found}, and ${hash} is expected`);
  await inBatches(entries, async ({ name, content }) => {
    if (!name.startsWith(prefix) || name.split('/').includes('..')) throw new Error(`it has a file ${name}`);
    const inside = name.slice(prefix.length);
    const file = join(folder, rename(inside));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, await content(), { mode: isProgram(inside) ? 0o755 : 0o644 });
  });
};
