import { setTimeout as wait } from 'node:timers/promises';
import type { CloudRunEntry } from '../../../contract/catalog/targets/cloud-run.ts';
import type { Cleanup, CleanupPace } from '../../probe/cleanup.ts';
import type { Caller } from '../call.ts';
import type { GoogleClients } from '../clients.ts';
import type { ReadContext } from '../cloud-run/session.ts';
import { isPassing } from '../failure.ts';

/** How long a probe waits for what. */
export interface Pace extends CleanupPace {
  /** Between two looks. */
  lookMs: number;
  /** For something that should not happen, such as a second execution. */
  quietMs: number;
  /** For something that may come late, such as an execution in a listing or an entry in the log. */
  lateMs: number;
  /** For the end of an operation, or of an execution. */
  endMs: number;
}

export const usualPace: Pace = {
  lookMs: 500,
  quietMs: 8_000,
  lateMs: 60_000,
  endMs: 240_000,
  pauseMs: 1_000,
  applyMs: 10_000,
};

/** One probe of one project and region: all its questions share what it makes and what it saw. */
export class Trial implements ReadContext {
  readonly clients: GoogleClients;
  /** Its service has the name of the job, too. */
  readonly target: CloudRunEntry;
  readonly images: ProbeImages;
  /** Marks what it makes, so that a later probe finds what this one has left. */
  readonly labels: Record<string, string>;
  readonly caller: Caller;
  readonly signal: AbortSignal;
  readonly cleanup: Cleanup;
  readonly pace: Pace;
  private readonly outcomes = new Map<unknown, Promise<unknown>>();

  constructor({ clients, target, images, labels, signal, cleanup, pace }: TrialParts) {
    this.clients = clients;
    this.target = target;
    this.images = images;
    this.labels = labels;
    this.signal = signal;
    this.cleanup = cleanup;
    this.pace = pace;
    this.caller = { callTimeoutMs: clients.callTimeoutMs, signal };
  }

  /** Name of its service and of its job. */
  get name(): string {
    return this.target.service;
  }

  /** Makes an experiment, or answers what it has shown before: several questions read one. */
  once<T>(experiment: (trial: Trial) => Promise<T>): Promise<T> {
    const known = this.outcomes.get(experiment) as Promise<T> | undefined;
    const outcome = known ?? experiment(this);
    this.outcomes.set(experiment, outcome);
    return outcome;
  }

  /** Looks until something is so, and answers what it saw and after how long; undefined if it never was. */
  async until<T>(
    look: () => Promise<T>,
    isSo: (seen: T) => boolean,
    limitMs: number,
    since = Date.now(),
  ): Promise<Sight<T> | undefined> {
    for (let looks = 1; ; looks += 1) {
      try {
        const seen = await look();
        if (isSo(seen)) return { seen, looks, afterMs: Date.now() - since };
      } catch (error) {
        if (!isPassing(error)) throw error;
      }
      if (Date.now() - since >= limitMs) return undefined;
      await this.pause(this.pace.lookMs);
    }
  }

  /** Waits, unless the probe is aborted. */
  async pause(ms: number): Promise<void> {
    await wait(ms, undefined, { signal: this.signal }).catch(() => this.signal.throwIfAborted());
  }
}

/** What was seen at last. */
export interface Sight<T> {
  seen: T;
  /** 1 if it was so at the first look. */
  looks: number;
  afterMs: number;
}

export interface ProbeImages {
  /** Listens at PORT. */
  service: string;
  /** Ends by itself with 0. */
  job: string;
}

interface TrialParts {
  clients: GoogleClients;
  target: CloudRunEntry;
  images: ProbeImages;
  labels: Record<string, string>;
  signal: AbortSignal;
  cleanup: Cleanup;
  pace: Pace;
}
