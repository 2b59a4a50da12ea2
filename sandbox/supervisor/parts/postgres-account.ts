import { execFile } from 'node:child_process';
import { chown, cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { readJson, writeJson } from '../../atomic-file.ts';

const run = promisify(execFile);

/** As whom, and where PostgreSQL runs. */
export interface PostgresHome {
  /** Parent of the data folder. */
  folder: string;
  /** Folder of `initdb` and `postgres`. */
  programs: string;
  /** Set where this process is root: PostgreSQL refuses to run as root. */
  account: Account | undefined;
}

export interface Account {
  uid: number;
  gid: number;
}

const accounts = ['postgres', 'nobody'];
/** A folder that every account may enter, and that outlives a restart of the machine. */
const openFolder = '/var/tmp';
const othersMayEnter = 0o001;

const findAccount = async (): Promise<Account> => {
  for (const name of accounts) {
    try {
      const [uid, gid] = await Promise.all(
        ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, name])).stdout)),
      );
      if (uid && gid) return { uid, gid };
    } catch {
      // No such account: the next one.
    }
  }
  throw new Error(
    `PostgreSQL does not run as root, and there is no account ${accounts.join(' or ')}: ` +
      'run the sandbox as another user, or add one of these accounts',
  );
};

/** Tells whether another account gets into the folder: all folders on the way must let others through. */
const isOpen = async (folder: string): Promise<boolean> => {
  for (let parent = folder; ; parent = dirname(parent)) {
    if (((await stat(parent)).mode & othersMayEnter) === 0) return false;
    if (parent === dirname(parent)) return true;
  }
};

const prefix = 'slipway-postgres-';
/** In a folder elsewhere: the sandbox that it belongs to. */
const ownerFile = 'sandbox';

const noteIn = (dir: string): string => join(dir, 'postgres.json');

const noted = async (dir: string): Promise<string | undefined> =>
  ((await readJson(noteIn(dir))) as { folder?: string } | undefined)?.folder;

/** Removes what sandboxes had elsewhere whose own folder is gone. */
const removeAbandoned = async (): Promise<void> => {
  const folders = (await readdir(openFolder))
    .filter((name) => name.startsWith(prefix))
    .map((name) => join(openFolder, name));
  for (const folder of folders) {
    const owner = await readFile(join(folder, ownerFile), 'utf8').catch(() => undefined);
    if (owner !== undefined && (await noted(owner)) !== folder) await rm(folder, { recursive: true, force: true });
  }
};

/**
 * Finds the folder elsewhere that this sandbox's PostgreSQL has, and makes it the first time. The note about it is in
 * the sandbox's own folder.
 */
const folderElsewhere = async (dir: string): Promise<string> => {
  const recorded = await noted(dir);
  if (recorded !== undefined && (await stat(recorded).catch(() => undefined))) return recorded;
  await removeAbandoned();
  const folder = await mkdtemp(join(openFolder, prefix));
  await writeJson(noteIn(dir), { folder });
  await writeFile(join(folder, ownerFile), dir);
  return folder;
};

const copyOf = async (programs: string, folder: string): Promise<string> => {
  const copy = join(folder, 'programs');
  // The programs find their libraries and their share folder beside their own.
  if (!(await stat(copy).catch(() => undefined)))
    await cp(dirname(programs), copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, 'bin');
};

/**
 * Chooses the places of PostgreSQL's programs and data, and the account that runs it. For root that is an account
 * without rights, which may be unable to enter this checkout (a folder of mode 0700 on the way): then data and a copy
 * of the programs are under /var/tmp.
 */
export const postgresHome = async (dir: string, programs: string): Promise<PostgresHome> => {
  if (process.getuid?.() !== 0) return { folder: dir, programs, account: undefined };
  const account = await findAccount();
  const folder = (await isOpen(dir)) ? dir : await folderElsewhere(dir);
  if (folder !== dir) await chown(folder, account.uid, account.gid);
  return { folder, programs: (await isOpen(programs)) ? programs : await copyOf(programs, folder), account };
};
