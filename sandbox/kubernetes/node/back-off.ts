import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeTempo } from './node-context.ts';

/** A pause that doubles. Platform: kubelet, 10 s to 5 min, from the start again after 10 min without a failure. */
export interface BackOff {
  /** Counts a failure that came after the thing had worked for so long; answers the pause to make, 0 at first. */
  next(workedMs: number): number;
  /** Waits; ends early, and answers false, when stopped. */
  wait(ms: number): Promise<boolean>;
}

const forgetAfterMs = 600_000;

export function backOff(tempo: NodeTempo, stop: AbortSignal, options: { firstIsFree: boolean }): BackOff {
  let failures = 0;
  return {
    next: (workedMs) => {
      if (workedMs > forgetAfterMs) failures = 0;
      failures += 1;
      const power = options.firstIsFree ? failures - 2 : failures - 1;
      return power < 0 ? 0 : Math.min(tempo.backOffMs * 2 ** power, tempo.longestBackOffMs);
    },
    wait: (ms) => pause(ms, stop),
  };
}

/** Waits; answers false when it was stopped. */
export async function pause(ms: number, stop: AbortSignal): Promise<boolean> {
  await sleep(ms, undefined, { signal: stop }).catch(() => undefined);
  return !stop.aborted;
}

/** Writes a length of time as Go does: `40s`, `2m40s`. */
export function goDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
