import { createHash, randomBytes } from 'node:crypto';
import { access, constants, mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { withLock } from './lock.ts';

/**
 * Names the folder of built servers for every checkout on this machine. It is `$XDG_CACHE_HOME/slipway`, by default
 * `~/.cache/slipway`.
 */
export const cacheFolder = (environment: NodeJS.ProcessEnv = process.env): string =>
  join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'slipway');

export const isExecutable = (file: string): Promise<boolean> =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  );

export interface Cached {
  /** Name of the program's file. */
  name: string;
  /** Name of the entry, where programs that are built together share one. */
  entry?: string;
  /** Everything that decides on the content: a change of any of it is another entry. */
  pin: string[];
  /** Makes the content in the given empty folder. */
  build: (folder: string) => Promise<void>;
  onWait: () => void;
}

const entryFolder = ({ name, entry = name, pin }: Cached): string => {
  const hash = createHash('sha256').update(JSON.stringify(pin)).digest('hex').slice(0, 16);
  return join(cacheFolder(), `${entry}-${hash}`);
};

/**
 * Finds the file `<name>` of the cache entry, and builds it once for this machine where it is missing. The entry
 * appears whole or not at all.
 */
export const cachedProgram = async (cached: Cached): Promise<string> => {
  const folder = entryFolder(cached);
  const program = join(folder, cached.name);
  if (await isExecutable(program)) return program;
  return withLock(`${folder}.lock`, cached.onWait, async () => {
    if (await isExecutable(program)) return program;
    const draft = `${folder}.${randomBytes(4).toString('hex')}.new`;
    try {
      await mkdir(draft, { recursive: true });
      await cached.build(draft);
      await rm(folder, { recursive: true, force: true });
      await rename(draft, folder);
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
    return program;
  });
};
