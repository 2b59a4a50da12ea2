import { link, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readJson } from '../atomic-file.ts';
import { identify, isAlive } from '../process-identity.ts';
import type { ProcessIdentity } from '../process-identity.ts';

const lookAgainMs = 300;

/** The live process that holds the lock. */
export const lockHolder = async (file: string): Promise<ProcessIdentity | undefined> => {
  const holder = (await readJson(file)) as ProcessIdentity | undefined;
  return holder && (await isAlive(holder)) ? holder : undefined;
};

/** Takes the lock, also from a holder that died; answers how to give it back, or undefined while somebody holds it. */
export const tryLock = async (file: string): Promise<(() => Promise<void>) | undefined> => {
  const self = await identify(process.pid);
  if (self === undefined) throw new Error('this process cannot be told from others: neither /proc nor ps answers');
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, JSON.stringify(self));
  try {
    if ((await lockHolder(file)) !== undefined) return undefined;
    await rm(file, { force: true });
    // A link, not a rename: of two that came so far, one is refused.
    await link(draft, file);
    return () => rm(file, { force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
};

/** Runs the work while nobody else on this machine runs work under the same lock file. */
export const withLock = async <Result>(file: string, onWait: () => void, work: () => Promise<Result>): Promise<Result> => {
  let release = await tryLock(file);
  if (release === undefined) onWait();
  while (release === undefined) {
    await sleep(lookAgainMs);
    release = await tryLock(file);
  }
  try {
    return await work();
  } finally {
    await release();
  }
};
