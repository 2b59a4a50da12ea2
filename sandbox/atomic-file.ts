import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes the value as JSON so that a reader finds the old file or the new one, never half of it. `mode` says who may
 * read it.
 */
export const writeJson = async (file: string, value: unknown, mode = 0o644): Promise<void> => {
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.${randomBytes(4).toString('hex')}.new`;
  await writeFile(draft, `${JSON.stringify(value, undefined, 2)}\n`, { mode });
  await rename(draft, file);
};

/** Reads a file's JSON; undefined when there is no such file or it is no JSON. */
export const readJson = async (file: string): Promise<unknown> => {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};
