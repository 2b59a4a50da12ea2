import { randomBytes } from 'node:crypto';
import { link, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readJson } from '../atomic-file.ts';
import { identifySelf, isAlive } from '../process-identity.ts';
import type { ProcessIdentity } from '../process-identity.ts';

const lookAgainMs = 300;

/** Finds the live process that holds the lock. */
export const lockHolder = async (file: string): Promise<ProcessIdentity | undefined> => {
  const holder = (await readJson(file)) as ProcessIdentity | undefined;
  return holder && (await isAlive(holder)) ? holder : undefined;
};

/** Puts the draft in the lock's place. It is a link, not a rename: where there is a lock already it is refused. */
const putLock = async (draft: string, file: string): Promise<boolean> => {
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
};

/**
 * Takes a dead holder's lock away. Another process may have been quicker, and what is taken is its lock: that goes
 * back.
 */
const clear = async (file: string): Promise<void> => {
  const taken = `${file}.${randomBytes(4).toString('hex')}`;
  await rename(file, taken).catch(() => {});
  if ((await lockHolder(taken)) !== undefined) await putLock(taken, file);
  await rm(taken, { force: true });
};

/** Takes the lock, also from a holder that died. Answers how to give it back, or undefined while somebody holds it. */
export const tryLock = async (file: string): Promise<(() => Promise<void>) | undefined> => {
  const self = await identifySelf();
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.${randomBytes(4).toString('hex')}`;
  await writeFile(draft, JSON.stringify(self));
  try {
    let placed = await putLock(draft, file);
    if (!placed && (await lockHolder(file)) === undefined) {
      await clear(file);
      placed = await putLock(draft, file);
    }
    return placed ? () => rm(file, { force: true }) : undefined;
  } finally {
    await rm(draft, { force: true });
  }
};

/** Runs the work while nobody else on this machine runs work under the same lock file. */
export const withLock = async <Result>(
  file: string,
  onWait: () => void,
  work: () => Promise<Result>,
): Promise<Result> => {
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
