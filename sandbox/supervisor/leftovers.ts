import { setTimeout as sleep } from 'node:timers/promises';
import { readJson, writeJson } from '../atomic-file.ts';
import { identify, isAlive, signal } from '../process-identity.ts';
import type { ProcessIdentity } from '../process-identity.ts';

const graceMs = 8_000;
const lookAgainMs = 50;

interface Recorded extends ProcessIdentity {
  name: string;
  stopSignal: NodeJS.Signals;
}

/** Waits until the process is gone; answers false when it still lives after that time. */
export const goneWithin = async (identity: ProcessIdentity, ms: number): Promise<boolean> => {
  const until = Date.now() + ms;
  while (await isAlive(identity)) {
    if (Date.now() >= until) return false;
    await sleep(lookAgainMs);
  }
  return true;
};

/**
 * Records the children that run, because a supervisor that is killed cannot stop them. The next one does, before it
 * starts its own. A pid that meanwhile belongs to another program is told by its start time and left alone.
 */
export class Children {
  readonly #file: string;
  readonly #running = new Map<string, Recorded>();
  #written: Promise<void> = Promise.resolve();

  constructor(file: string) {
    this.#file = file;
  }

  async add(name: string, pid: number, stopSignal: NodeJS.Signals): Promise<void> {
    const identity = await identify(pid);
    if (identity === undefined) return;
    this.#running.set(name, { ...identity, name, stopSignal });
    await this.#write();
  }

  async remove(name: string): Promise<void> {
    this.#running.delete(name);
    await this.#write();
  }

  /** Stops what a dead supervisor left, last started first. */
  async stopLeftovers(say: (line: string) => void): Promise<void> {
    const recorded = ((await readJson(this.#file)) ?? []) as Recorded[];
    for (const child of recorded.toReversed()) {
      if (!(await isAlive(child))) continue;
      say(`stopping ${child.name} (pid ${child.pid}), left by a sandbox that was killed`);
      signal(child.pid, child.stopSignal);
      if (await goneWithin(child, graceMs)) continue;
      signal(child.pid, 'SIGKILL');
      await goneWithin(child, graceMs);
    }
    await this.#write();
  }

  /** One after the other: the last write is the newest. */
  #write(): Promise<void> {
    this.#written = this.#written.then(() => writeJson(this.#file, [...this.#running.values()]));
    return this.#written;
  }
}
