import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import type { RefusedSummary } from '../../contract/status.ts';
import { heard, situations } from './bells-situations.ts';
import { openHarness } from './stage.ts';

/**
 * Every message between our own runs, in every odd form, to every kind of run, in several of its phases, by somebody
 * who only has a Temporal client. What a run hears is refused and shows in its status; what it does not know is
 * dropped by its worker (a signal) or refused there (an update). Each run ends as it would have without them.
 */

const signals = ['granted', 'preempt', 'frozen', 'reported'] as const;
const updates = ['join', 'leave'] as const;

const harness = openHarness();

describe('messages between runs, forged', () => {
  /** As our own runs would ring, but that nothing of it is true. */
  const forged = (name: string, environment: string) =>
    name === 'reported'
      ? { workflowId: `ghost-${randomUUID()}` }
      : name === 'join' || name === 'leave'
        ? { workflowId: 'ghost', firstExecutionRunId: randomUUID() }
        : { environment };
  const payloads = (name: string, environment: string): unknown[][] => [
    [],
    [null],
    ['x'],
    [[]],
    [{}],
    [forged(name, environment)],
  ];

  async function answerOf(run: WorkflowHandle, name: string, args: unknown[]): Promise<string> {
    try {
      await run.executeUpdate(name, { args: args as [unknown] });
      return 'accepted';
    } catch (error) {
      const { cause } = error as { cause?: { type?: string | null } };
      return cause?.type === 'Refused' ? 'Refused' : 'not known';
    }
  }

  it.each(situations)('to %s', async (_name, { kind, world: makeWorld, reach, ends }) => {
    const world = makeWorld();
    await harness.with(world, async (start) => {
      const { run, environment, end } = await reach(start, world, harness.client);
      const refused = async () => (await run.query<{ refused: RefusedSummary }>('status')).refused;
      const hears = (name: string) => heard[kind].some((one) => one === name);
      expect((await refused()).count).toBe(0);
      for (const name of signals)
        for (const args of payloads(name, environment)) await run.signal(name, ...(args as [unknown]));
      for (const name of updates)
        for (const args of payloads(name, environment))
          expect(await answerOf(run, name, args)).toBe(hears(name) ? 'Refused' : 'not known');
      const expected = heard[kind].flatMap((name) => payloads(name, environment).map(() => name as string));
      await expect.poll(async () => (await refused()).count, { timeout: 10_000 }).toBe(expected.length);
      expect((await refused()).last.map(({ message }) => message).sort()).toEqual(expected.sort());
      expect(await end()).toContain(ends);
    });
  });
});
