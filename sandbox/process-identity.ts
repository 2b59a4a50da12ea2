import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** One process, for as long as it lives: a pid alone may meanwhile belong to somebody else. */
export interface ProcessIdentity {
  pid: number;
  /** The start time as this system tells it: comparable, not readable. */
  started: string;
}

/**
 * Reads the start from /proc/<pid>/stat, in clock ticks since boot. The name may hold anything; after it the state
 * comes first and the start twentieth.
 */
const fromProc = async (pid: number): Promise<string | undefined> => {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return `${(await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()}:${fields[19]}`;
};

const fromPs = async (pid: number): Promise<string | undefined> => {
  const { stdout } = await run('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
    env: { ...process.env, LC_ALL: 'C' },
  });
  const [, state, start] = /^\s*(\S+)\s+(.+?)\s*$/.exec(stdout) ?? [];
  return state?.startsWith('Z') ? undefined : start;
};

/** Reads when a process started; undefined when there is none. */
const startOf = async (pid: number): Promise<string | undefined> => {
  try {
    return await (process.platform === 'linux' ? fromProc(pid) : fromPs(pid));
  } catch {
    return undefined;
  }
};

/** Identifies a process; undefined when there is none. */
export const identify = async (pid: number): Promise<ProcessIdentity | undefined> => {
  const started = await startOf(pid);
  return started === undefined ? undefined : { pid, started };
};

/** Identifies this process; throws where the system does not tell when it started. */
export const identifySelf = async (): Promise<ProcessIdentity> => {
  const self = await identify(process.pid);
  if (self === undefined) throw new Error('cannot read when this process started: neither /proc nor ps answers');
  return self;
};

/** Tells whether this very process still runs. */
export const isAlive = async ({ pid, started }: ProcessIdentity): Promise<boolean> => (await startOf(pid)) === started;

/** Sends the signal; a process that is gone already is fine. */
export const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};
