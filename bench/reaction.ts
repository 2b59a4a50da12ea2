import { setTimeout as pause } from 'node:timers/promises';
import { callsOf, effective, readCallLog, type Call } from '../test/end-to-end/call-log.ts';
import type { Estate } from '../test/end-to-end/estate.ts';
import { TestSandbox } from '../test/end-to-end/sandbox.ts';
import { against, note, type Finding, type Measurement } from './measurement.ts';
import { operationEnds } from './platform-ends.ts';
import { quantile } from './statistics.ts';

const lengthsSeconds = [2, 20];
const longLengthSeconds = 60;
const middleGoalSeconds = 0.3;
const lateGoalSeconds = 0.8;
/** The platform concludes an operation a moment after its resource. */
const settleMs = 500;

/**
 * Measures the time from the platform's end of a step to our next mutating call, over real processes. The end is what
 * the platform's resources state, the call is what the call log has. The time between is ours: noticing, the workflow's
 * step, the reads before a write, and for one gap of five the smoke test of the candidate.
 */
export const reaction: Measurement = {
  title: 'from the end of a platform operation to our next mutating call',
  pairs: 3,
  async measure({ pairs: deploys, long }) {
    const sandbox = await TestSandbox.open();
    try {
      const worker = await sandbox.worker();
      const findings: Finding[] = [];
      const events = new Map<number, number[]>();
      for (const seconds of long ? [...lengthsSeconds, longLengthSeconds] : lengthsSeconds) {
        const { gaps, historyLengths } = await released(sandbox, deploys, seconds);
        findings.push(
          against(`${seconds} s operations: p50 of ${gaps.length} gaps`, quantile(gaps, 0.5), middleGoalSeconds, ' s'),
          against(`${seconds} s operations: p95`, quantile(gaps, 0.95), lateGoalSeconds, ' s'),
        );
        events.set(seconds, historyLengths);
      }
      const counts = new Set([...events.values()].flat());
      const shown = [...events].map(([seconds, lengths]) => `${lengths.join(' ')} at ${seconds} s`).join(', ');
      findings.push({
        what: 'history events of each deploy',
        measured: shown,
        goal: 'the same',
        reached: counts.size === 1,
      });
      findings.push(note('deploys at once', `${deploys}`));
      await worker.stop();
      return findings;
    } finally {
      await sandbox.close();
    }
  },
};

interface Reactions {
  /** Seconds. */
  gaps: number[];
  historyLengths: number[];
}

/** Releases a number of services at once, with operations of this length. */
async function released(sandbox: TestSandbox, deploys: number, seconds: number): Promise<Reactions> {
  const estates: Estate[] = [];
  for (let index = 0; index < deploys; index += 1)
    estates.push(
      await sandbox.estate({
        name: `s${seconds}-${index}`,
        place: (place) => Object.assign(place.bake ?? {}, { seconds: 0 }),
      }),
    );
  // Built before, so that every deploy has the same steps.
  await estates[0]?.image('good');
  await sandbox.control.tune({ operationMs: seconds * 1_000 });
  const outcomes = await Promise.all(
    estates.map(async (estate) => {
      const run = await sandbox.runs.start('deploy', estate.input('good'));
      const { change } = await run.result();
      const { historyLength } = await run.describe();
      return { estate, change, historyLength };
    }),
  );
  await pause(settleMs);
  const calls = await readCallLog(sandbox.cloud.callLog);
  const gaps: number[] = [];
  for (const { estate, change } of outcomes)
    gaps.push(...gapsOf(effective(callsOf(calls, change)), await operationEnds(sandbox.platform, estate)));
  await sandbox.reset();
  return { gaps, historyLengths: outcomes.map(({ historyLength }) => historyLength) };
}

/**
 * Computes the seconds from each end to the change's next mutating call. The last call's end has none, and ends before
 * the change do not count.
 */
function gapsOf(calls: readonly Call[], ends: readonly number[]): number[] {
  const starts = calls.map(({ startedAt }) => Date.parse(startedAt));
  const first = Math.min(...starts);
  return ends.flatMap((end) => {
    const next = starts.find((start) => start >= end);
    return end > first && next !== undefined ? [(next - end) / 1_000] : [];
  });
}
