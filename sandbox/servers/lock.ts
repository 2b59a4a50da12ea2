import { mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readJson } from '../atomic-file.ts';
import { identify, isAlive } from '../process-identity.ts';
import type { ProcessIdentity } from '../process-identity.ts';

const lookAgainMs = 500;
/** A lock file without content is one that is being written; after this time its writer has died in between. */
const writingMs = 5_000;

const take = async (file: string, self: ProcessIdentity): Promise<boolean> => {
  const handle = await open(file, 'wx').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return undefined;
    throw error;
  });
  if (handle === undefined) return false;
  await handle.writeFile(JSON.stringify(self));
  await handle.close();
  return true;
};

/** Runs the work while nobody else on this machine runs work under the same lock file. A lock whose holder died is taken over. */
export const withLock = async <Result>(file: string, onWait: () => void, work: () => Promise<Result>): Promise<Result> => {
  await mkdir(dirname(file), { recursive: true });
  const self = await identify(process.pid);
  if (self === undefined) throw new Error('this process cannot be told from others: neither /proc nor ps answers');
  let waitedMs = 0;
  while (!(await take(file, self))) {
    const holder = (await readJson(file)) as ProcessIdentity | undefined;
    const dead = holder === undefined ? waitedMs >= writingMs : !(await isAlive(holder));
    if (dead) {
      await rm(file, { force: true });
      continue;
    }
    if (waitedMs === 0) onWait();
    await sleep(lookAgainMs);
    waitedMs += lookAgainMs;
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
};
