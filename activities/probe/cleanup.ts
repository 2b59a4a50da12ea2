import { setTimeout as wait } from 'node:timers/promises';
import { oneLine } from '../one-line.ts';

/** Something that a probe makes. Its name is known before it is made. */
export interface Removable {
  /** Kind and name, such as `service slipway-probe-1a2b3c`. */
  what: string;
  /** Removes it, waits until it is gone, and says whether it was there. */
  remove(): Promise<boolean>;
}

interface Entry {
  thing: Removable;
  /** True once the platform has answered that it is made. */
  isMade: boolean;
}

export interface CleanupPace {
  /** Between two tries. */
  pauseMs: number;
  /** What was perhaps made is looked for that long: a call may apply although nobody waits for it any more. */
  applyMs: number;
}

const maxTries = 6;

/** Remembers what a probe makes before it is made, and removes it, whatever became of the call that made it. */
export class Cleanup {
  private readonly entries: Entry[] = [];
  private readonly pace: CleanupPace;

  constructor(pace: CleanupPace) {
    this.pace = pace;
  }

  /** Makes a thing. `isRefusal` says of an error that the platform has made nothing. */
  async make<T>(thing: Removable, create: () => Promise<T>, isRefusal: (error: unknown) => boolean): Promise<T> {
    const entry: Entry = { thing, isMade: false };
    this.entries.push(entry);
    try {
      const answer = await create();
      entry.isMade = true;
      return answer;
    } catch (error) {
      if (isRefusal(error)) this.entries.splice(this.entries.indexOf(entry), 1);
      throw error;
    }
  }

  /** Removes everything, and answers what is left and why. */
  async removeAll(): Promise<string[]> {
    const left = await Promise.all(this.entries.map((entry) => this.removeEntry(entry)));
    return left.filter((line) => line !== undefined);
  }

  private async removeEntry({ thing, isMade }: Entry): Promise<string | undefined> {
    const until = Date.now() + this.pace.applyMs;
    for (let failures = 0; ;) {
      try {
        if ((await thing.remove()) || isMade || Date.now() >= until) return undefined;
      } catch (error) {
        failures += 1;
        if (failures >= maxTries)
          return `${thing.what}: ${oneLine(error instanceof Error ? error.message : String(error))}`;
      }
      await wait(this.pace.pauseMs);
    }
  }
}
