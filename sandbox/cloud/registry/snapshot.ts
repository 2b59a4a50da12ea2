import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';

export interface Snapshot {
  /** `sha256:<64 hex>` */
  digest: string;
  path: string;
  sizeBytes: number;
}

/** A folder that cannot become an image; the message is for whoever builds it. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
}

interface Item {
  path: string;
  kind: 'file' | 'program' | 'link';
  /** Hash of the content, or where the link points. */
  content: string;
  sizeBytes: number;
}

const SKIPPED = new Set(['.git']);

/**
 * Copies a source folder to `<images>/<sha256>`, completely or not at all. The digest is over a listing of paths, kinds
 * and contents, so that the same source always gives the same one.
 */
export async function takeSnapshot(folder: string, images: string): Promise<Snapshot> {
  const items = await listItems(folder);
  if (!items.some((item) => item.path === 'Procfile'))
    throw new SnapshotError('the source has no Procfile at its top: nothing would say how to start it');
  const listing = items.map((item) => `${item.kind} ${JSON.stringify(item.path)} ${item.content}\n`).join('');
  const hex = createHash('sha256').update(listing).digest('hex');
  const path = join(images, hex);
  if (!existsSync(path)) await copyItems(folder, items, path);
  return { digest: `sha256:${hex}`, path, sizeBytes: items.reduce((sum, item) => sum + item.sizeBytes, 0) };
}

async function listItems(folder: string): Promise<Item[]> {
  const items: Item[] = [];
  const visit = async (at: string): Promise<void> => {
    for (const entry of await readdir(at, { withFileTypes: true })) {
      if (SKIPPED.has(entry.name)) continue;
      const full = join(at, entry.name);
      if (entry.isDirectory()) await visit(full);
      else items.push(await readItem(folder, full));
    }
  };
  await visit(folder);
  return items.sort((one, other) => (one.path < other.path ? -1 : one.path > other.path ? 1 : 0));
}

async function readItem(folder: string, full: string): Promise<Item> {
  const path = relative(folder, full).split(sep).join('/');
  const found = await lstat(full);
  if (found.isSymbolicLink()) {
    const target = await readlink(full);
    const inside = resolve(dirname(full), target);
    const isInside = inside === resolve(folder) || inside.startsWith(resolve(folder) + sep);
    if (!isInside) throw new SnapshotError(`the link ${path} points out of the source`);
    return { path, kind: 'link', content: JSON.stringify(target), sizeBytes: 0 };
  }
  if (!found.isFile()) throw new SnapshotError(`${path} is neither a file, a folder nor a link`);
  const content = createHash('sha256')
    .update(await readFile(full))
    .digest('hex');
  return { path, kind: (found.mode & 0o100) === 0 ? 'file' : 'program', content, sizeBytes: found.size };
}

async function copyItems(folder: string, items: readonly Item[], path: string): Promise<void> {
  const incoming = join(dirname(path), `.incoming-${randomBytes(6).toString('hex')}`);
  try {
    for (const item of items) {
      const to = join(incoming, item.path);
      await mkdir(dirname(to), { recursive: true });
      if (item.kind === 'link') {
        await symlink(JSON.parse(item.content) as string, to);
      } else {
        await copyFile(join(folder, item.path), to);
        await chmod(to, item.kind === 'program' ? 0o555 : 0o444);
      }
    }
    await rename(incoming, path);
  } catch (error) {
    await rm(incoming, { recursive: true, force: true });
    const isThere = await stat(path).then(
      () => true,
      () => false,
    );
    // Another build of the same source was quicker.
    if (!isThere) throw error;
  }
}
