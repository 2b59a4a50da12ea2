import { setTimeout as sleep } from 'node:timers/promises';
import type { SlipwayClient } from '../api/slipway-client.ts';
import { CommandError } from '../cli/command-error.ts';
import type { Output } from '../cli/output.ts';

const maxStartMs = 60_000;
const lookAgainMs = 200;

/** Waits until the worker asks for work. A run that began earlier would show that nobody works. */
export async function untilWorkerStarts(
  output: Pick<Output, 'note'>,
  slipway: Pick<SlipwayClient, 'hasWorker'>,
): Promise<void> {
  const deadline = Date.now() + maxStartMs;
  for (let looks = 0; !(await slipway.hasWorker()); looks += 1) {
    if (looks === 0) output.note('the worker is starting');
    if (Date.now() > deadline)
      throw CommandError.unreachable(`the worker has not started within ${maxStartMs / 1000} s`);
    await sleep(lookAgainMs);
  }
}
