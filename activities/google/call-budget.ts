import type { CloudRunEntry } from '../../contract/catalog/targets/cloud-run.ts';
import type { Urgency } from '../urgency.ts';

/** Figures of the quotas that are counted here: calls a minute. */
type CountedQuota = keyof NonNullable<CloudRunEntry['quotas']>;
export type QuotaFigures = Readonly<Record<CountedQuota, number>>;

/** Names one quota of the platform: what it counts, and where. An API that is not counted here has one, too. */
export interface Quota {
  kind: CountedQuota | 'other';
  /** For a person, such as `reads of Cloud Run`. */
  what: string;
  project: string;
  /** Null where the quota is the whole project's. */
  region: string | null;
}

/** Names the quota of an API whose calls are not counted here: only its refusals are waited out. */
export function uncountedQuota(what: string, project: string): Quota {
  return { kind: 'other', what, project, region: null };
}

/** What Google Cloud grants a new project, as far as it is known (ADR 0055). */
export const defaultFigures: QuotaFigures = {
  logReadsPerMinute: 60,
  runReadsPerMinute: 600,
  runWritesPerMinute: 30,
};

const minuteMs = 60_000;
/** The part of a minute's calls that may be made at once. With the rest, spread out, no minute has too many. */
const burst = 1 / 6;
/** Pauses where a quota is used up and the platform does not say how long: they double, since it counts by minutes. */
const firstPauseMs = 5_000;
const maxPauseMs = 40_000;

const ranks: Record<Urgency, number> = { rollback: 0, work: 1, poll: 2 };

interface Account {
  perMinute: number;
  /** Calls that may be made now. */
  free: number;
  countedAt: number;
  closedUntil: number;
  /** Refusals since the last call that was answered. */
  refusals: number;
  /** Those who wait, the most urgent list first, each in order of arrival. */
  queues: (() => void)[][];
  timer: NodeJS.Timeout | undefined;
}

/**
 * Spends the calls that a project may make among all runs of a worker: a bucket of tokens for each quota, and one pause
 * for all when the platform refuses one. Who is more urgent goes first.
 */
export class CallBudget {
  private readonly accounts = new Map<string, Account>();
  private readonly defaults: QuotaFigures | null;
  private readonly said = new Map<string, number>();

  /** `defaults` is null where nothing is counted unless the catalog says a figure, as in a sandbox. */
  constructor(defaults: QuotaFigures | null = defaultFigures) {
    this.defaults = defaults;
  }

  /** Takes the figures that an entry of the catalog says. One that says none leaves them as they are. */
  heed({ project, region, quotas }: Pick<CloudRunEntry, 'project' | 'region' | 'quotas'>): void {
    if (!quotas) return;
    for (const [kind, perMinute] of Object.entries(quotas) as [CountedQuota, number | undefined][]) {
      if (perMinute === undefined) continue;
      const key = keyOf({ kind, what: '', project, region: kind === 'logReadsPerMinute' ? null : region });
      this.said.set(key, perMinute);
      const account = this.accounts.get(key);
      if (!account || account.perMinute === perMinute) continue;
      refill(account);
      account.perMinute = perMinute;
      account.free = Math.min(account.free, capacity(perMinute));
      serve(account);
    }
  }

  /** Waits for its turn to make a call. Rejects with the signal's reason where the work is given up meanwhile. */
  take(quota: Quota, urgency: Urgency, signal?: AbortSignal): Promise<void> {
    const account = this.accountOf(quota);
    const queue = account.queues[ranks[urgency]] ?? [];
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        queue.splice(queue.indexOf(admit), 1);
        reject(signal?.reason as Error);
      };
      const admit = () => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      };
      queue.push(admit);
      serve(account);
      if (!queue.includes(admit)) return;
      if (signal?.aborted) giveUp();
      else signal?.addEventListener('abort', giveUp, { once: true });
    });
  }

  /** Has everybody wait who needs this quota: as long as the platform says, or for a pause that doubles. */
  rest(quota: Quota, saidMs?: number): void {
    const account = this.accountOf(quota);
    const now = Date.now();
    // Calls that were under way together are refused together: that is one refusal.
    if (now >= account.closedUntil) account.refusals += 1;
    const pauseMs = saidMs ?? Math.min(firstPauseMs * 2 ** (account.refusals - 1), maxPauseMs);
    const until = saidMs === undefined && now < account.closedUntil ? account.closedUntil : now + pauseMs;
    account.closedUntil = Math.max(account.closedUntil, until);
    account.free = 0;
    account.countedAt = now;
    serve(account);
  }

  /** Hears that a call was let through. */
  answered(quota: Quota): void {
    this.accountOf(quota).refusals = 0;
  }

  private accountOf(quota: Quota): Account {
    const key = keyOf(quota);
    const found = this.accounts.get(key);
    if (found) return found;
    const ofKind = quota.kind === 'other' ? undefined : (this.said.get(key) ?? this.defaults?.[quota.kind]);
    const perMinute = ofKind ?? Infinity;
    const account: Account = {
      perMinute,
      free: capacity(perMinute),
      countedAt: Date.now(),
      closedUntil: 0,
      refusals: 0,
      queues: [[], [], []],
      timer: undefined,
    };
    this.accounts.set(key, account);
    return account;
  }
}

function keyOf({ kind, what, project, region }: Quota): string {
  return [kind === 'other' ? what : kind, project, region ?? ''].join(' ');
}

/** Lets those go whose turn it is, and comes back when the next one's turn is. */
function serve(account: Account): void {
  clearTimeout(account.timer);
  account.timer = undefined;
  for (;;) {
    const queue = account.queues.find(({ length }) => length > 0);
    if (!queue) return;
    refill(account);
    const pauseMs = Math.max(pauseUntilFree(account), account.closedUntil - Date.now());
    if (pauseMs > 0) {
      account.timer = setTimeout(() => serve(account), Math.ceil(pauseMs));
      return;
    }
    account.free -= 1;
    queue.shift()?.();
  }
}

function pauseUntilFree({ free, perMinute }: Account): number {
  return free >= 1 ? 0 : ((1 - free) / ratePerMinute(perMinute)) * minuteMs;
}

function refill(account: Account): void {
  const { perMinute, free, countedAt } = account;
  const now = Date.now();
  const earned = ((now - countedAt) / minuteMs) * ratePerMinute(perMinute);
  account.countedAt = now;
  account.free = Number.isFinite(perMinute) ? Math.min(capacity(perMinute), free + earned) : Infinity;
}

function ratePerMinute(perMinute: number): number {
  return perMinute * (1 - burst);
}

/** One call at least, however small the quota is. */
function capacity(perMinute: number): number {
  return Math.max(1, perMinute * burst);
}
