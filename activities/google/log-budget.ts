import { setTimeout } from 'node:timers/promises';

/** Platform: Cloud Logging, quotas: 60 calls of entries.list a minute and project. People read the log, too. */
const defaultPerMinute = 50;

/** Reads of one project's log: how many are free now, and until when the platform wants none. */
interface Account {
  free: number;
  countedAt: number;
  closedUntil: number;
  /** Whoever reads next waits for whoever came before. */
  last: Promise<void>;
}

/**
 * Spends the reads of a project's log among all runs of a worker: a bucket of tokens for each project, and one pause
 * for all when the platform asks for one.
 */
export class LogBudget {
  private readonly accounts = new Map<string, Account>();
  private readonly perMinute: number;
  private readonly pause: Pause;

  /** `perMinute` is Infinity where nothing is counted, as in a sandbox. */
  constructor(perMinute = defaultPerMinute, pause: Pause = wait) {
    this.perMinute = perMinute;
    this.pause = pause;
  }

  /** Waits for its turn to read the log of a project, in order of arrival. */
  take(project: string, signal?: AbortSignal): Promise<void> {
    const account = this.accountOf(project);
    const turn = account.last.then(() => this.waitForTurn(account, signal));
    account.last = turn.catch(() => undefined);
    return turn;
  }

  /** Has everybody wait who reads this log, as long as the platform asks for. */
  rest(project: string, delayMs: number): void {
    const account = this.accountOf(project);
    account.free = Math.min(account.free, 0);
    account.closedUntil = Math.max(account.closedUntil, Date.now() + delayMs);
  }

  private async waitForTurn(account: Account, signal?: AbortSignal): Promise<void> {
    for (;;) {
      signal?.throwIfAborted();
      this.refill(account);
      const needed = account.free >= 1 ? 0 : ((1 - account.free) / this.perMinute) * 60_000;
      const pause = Math.max(needed, account.closedUntil - Date.now());
      if (pause <= 0) break;
      await this.pause(Math.ceil(pause), signal);
    }
    account.free -= 1;
  }

  private refill(account: Account): void {
    const now = Date.now();
    const earned = ((now - account.countedAt) / 60_000) * this.perMinute;
    // Half a minute's reads at once at most, so that no minute has more than the platform allows by far.
    account.free = Number.isFinite(this.perMinute) ? Math.min(this.perMinute / 2, account.free + earned) : Infinity;
    account.countedAt = now;
  }

  private accountOf(project: string): Account {
    const fresh = { free: this.perMinute / 2, countedAt: Date.now(), closedUntil: 0, last: Promise.resolve() };
    const account = this.accounts.get(project) ?? fresh;
    this.accounts.set(project, account);
    return account;
  }
}

/** Waits, or less where the reader is given up. */
type Pause = (ms: number, signal?: AbortSignal) => Promise<void>;

async function wait(ms: number, signal?: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch(() => undefined);
}
