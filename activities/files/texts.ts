import { link, mkdir, readdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { TextStore } from '../ports/ledger.ts';

const partEnding = '.part';

/** Keeps texts as files below a folder, each written whole or not at all, and never overwritten. */
export function createFileTexts(folder: string): TextStore {
  return {
    name: folder,
    create: (name, text) => createFile(path.join(folder, name), text),
    read: (name) => readFile(path.join(folder, name), 'utf8').catch((error: unknown) => absent(error, null)),
    async list(name, { from = '', limit = Infinity } = {}) {
      const found = await readdir(path.join(folder, name), { withFileTypes: true }).catch((error: unknown) =>
        absent(error, []),
      );
      return found
        .filter((one) => one.isDirectory() || !one.name.endsWith(partEnding))
        .map((one) => (one.isDirectory() ? `${one.name}/` : one.name))
        .filter((one) => one >= from)
        .sort()
        .slice(0, limit);
    },
  };
}

/** Creates a file whole; answers false if there is one, which stays as it is. */
export async function createFile(file: string, text: string): Promise<boolean> {
  await mkdir(path.dirname(file), { recursive: true });
  const part = `${file}.${randomUUID()}${partEnding}`;
  try {
    await writeFile(part, text, { flush: true });
    await link(part, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await unlink(part).catch((error: unknown) => absent(error, undefined));
  }
}

function absent<T>(error: unknown, instead: T): T {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return instead;
  throw error;
}
