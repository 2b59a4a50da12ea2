import { describe, expect, it } from 'vitest';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import { environmentWorkflowId } from '../../contract/ids.ts';
import { queryNames } from '../../contract/messages.ts';
import { eventually } from '../until.ts';
import { EstateWorld } from './estate-world.ts';
import { openHarness } from './stage.ts';

/** `SLIPWAY_LONG=1` holds five hundred at once; the short form has the same shape, and fewer slots. */
const long = process.env['SLIPWAY_LONG'] !== undefined;
const [environments, slots] = long ? [500, 100] : [24, 4];
const patienceMs = long ? 600_000 : 60_000;

const harness = openHarness({ worker: { maxConcurrentActivityTaskExecutions: slots } });

describe(`one worker with ${slots} slots, and ${environments} environments that are held`, () => {
  const names = Array.from({ length: environments }, (_, index) => `e${index}`);
  const statusOf = (world: EstateWorld, environment: string) =>
    harness.client.workflow
      .getHandle(environmentWorkflowId(world.service, environment))
      .query<EnvironmentStatus>(queryNames.status);

  it('goes on in each: holders leave, and the next ones have the environments', { timeout: patienceMs }, async () => {
    const world = new EstateWorld();
    await harness.with(world, async () => {
      const holders = names.map((environment) => world.newCaller(environment));
      const granted = await inTurns(holders, async (holder) => world.join(harness, holder));
      expect(granted.every(({ grant }) => grant !== null)).toBe(true);
      const next = names.map((environment) => world.newCaller(environment));
      const queued = await inTurns(next, async (caller) => world.join(harness, caller));
      expect(queued.every(({ ahead }) => ahead.length === 1)).toBe(true);
      await inTurns(holders, async (holder) => world.leave(harness, holder));
      for (const [index, environment] of names.entries())
        await eventually(
          () => `${environment} is not with the next one`,
          async () => (await statusOf(world, environment)).holder?.workflowId === next[index]?.workflowId,
          patienceMs,
        );
    });
  });

  it('notices that all holders were terminated, where somebody waits', { timeout: patienceMs }, async () => {
    const world = new EstateWorld();
    await harness.with(world, async () => {
      const holders = names.map((environment) => world.newCaller(environment));
      await inTurns(holders, async (holder) => world.join(harness, holder));
      for (const holder of holders) holder.isOpen = false;
      const next = names.map((environment) => world.newCaller(environment));
      await inTurns(next, async (caller) => world.join(harness, caller));
      for (const [index, environment] of names.entries())
        await eventually(
          () => `${environment} is with its dead holder`,
          async () => (await statusOf(world, environment)).holder?.workflowId === next[index]?.workflowId,
          patienceMs,
        );
      const { ledger } = await statusOf(world, names[0] ?? '');
      expect(ledger.at(-1)).toMatchObject({ kind: 'unclean', outcome: expect.stringContaining('terminated') });
    });
  });

  it('costs nothing while nobody waits: no timer and no activity is open', async () => {
    const world = new EstateWorld();
    await harness.with(world, async () => {
      await world.join(harness, world.newCaller('e0'));
      const run = harness.client.workflow.getHandle(environmentWorkflowId(world.service, 'e0'));
      const { events = [] } = await run.fetchHistory();
      // With neither a timer nor an activity that is open, nothing happens until somebody comes.
      expect(events?.filter(({ timerStartedEventAttributes: timer }) => timer)).toEqual([]);
      expect((await run.describe()).raw.pendingActivities ?? []).toEqual([]);
      const activities = events?.flatMap(
        ({ activityTaskScheduledEventAttributes: activity }) => activity?.activityType?.name ?? [],
      );
      expect(activities?.sort()).toEqual(['askHolder', 'loadEnvironment']);
    });
  });
});

/** Does something for all, a few at a time: that is what a server takes of one client. */
async function inTurns<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (let from = 0; from < items.length; from += 20)
    results.push(...(await Promise.all(items.slice(from, from + 20).map(work))));
  return results;
}
