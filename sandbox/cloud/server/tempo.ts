import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Store } from '../store/store.ts';

const duration = z.number().min(0).max(86_400_000);

const tempoSchema = z.strictObject({
  operationMs: duration,
  callMs: duration,
  listLagMs: duration,
  executionLagMs: duration,
  jobLagMs: duration,
  secretLagMs: duration,
  logDelayMs: duration,
  buildMs: duration,
});

/**
 * The pace of the platform: operations, calls, listings of new resources, new executions by their names and in their
 * job, new versions of secrets, log ingestion, builds.
 */
export type TempoValues = z.infer<typeof tempoSchema>;

export interface Tempo extends Readonly<TempoValues> {
  tune(change: unknown): TempoValues;
  values(): TempoValues;
}

const defaults: TempoValues = {
  operationMs: 1200,
  callMs: 5,
  listLagMs: 0,
  executionLagMs: 0,
  jobLagMs: 0,
  secretLagMs: 0,
  logDelayMs: 0,
  buildMs: 1500,
};

/** Opens the tempo, which the store keeps from one start to the next; `initial` wins over it. */
export function openTempo(store: Store, initial: unknown = {}): Tempo {
  const stored = store.collection<Partial<TempoValues>>('tempo');
  let values: TempoValues = { ...defaults, ...stored.get('tempo') };
  const tune = (change: unknown): TempoValues => {
    values = { ...values, ...withoutUndefined(tempoSchema.partial().parse(change)) };
    stored.put('tempo', values);
    return values;
  };
  tune(initial);
  return {
    get operationMs() {
      return values.operationMs;
    },
    get callMs() {
      return values.callMs;
    },
    get listLagMs() {
      return values.listLagMs;
    },
    get executionLagMs() {
      return values.executionLagMs;
    },
    get jobLagMs() {
      return values.jobLagMs;
    },
    get secretLagMs() {
      return values.secretLagMs;
    },
    get logDelayMs() {
      return values.logDelayMs;
    },
    get buildMs() {
      return values.buildMs;
    },
    tune,
    values: () => ({ ...values }),
  };
}

function withoutUndefined(change: Partial<TempoValues>): Partial<TempoValues> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}

/** Waits for a time, and not at all for zero: a timer of 0 ms costs a turn of the event loop. */
export async function pause(ms: number): Promise<void> {
  if (ms > 0) await sleep(ms);
}
