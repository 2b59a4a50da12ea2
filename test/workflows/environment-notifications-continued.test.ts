import { expect, it } from 'vitest';
import { environmentEvents } from '../../contract/notification.ts';
import { eventually } from '../until.ts';
import { release, restartOf } from './runs.ts';
import { openHarness } from './stage.ts';
import { commits, noApprovals, World } from './world.ts';

// An environment begins anew after two changes or three, instead of after thousands.
const harness = openHarness({ server: ['limit.historyCount.suggestContinueAsNew=60'] });
const oncall = {
  kind: 'slack',
  token: { secret: 'bot-token' },
  channel: 'C0123456789',
  events: [...environmentEvents],
};

it('tells people before it begins anew, and goes on in their thread afterwards', async () => {
  const settings = { approvals: noApprovals, notifications: { oncall } };
  const world = new World(settings as unknown as ConstructorParameters<typeof World>[0]);
  const { promise: answers, resolve: answer } = Promise.withResolvers<void>();
  world.people.before = () => answers;
  const runId = async () => (await harness.environment(world).describe()).runId;
  await harness.with(world, async (start) => {
    await release(start, world, { commit: commits.old });
    await release(start, world);
    await harness.tell(world, 'freeze', { reason: 'stocktaking' });
    const before = await runId();
    for (let changes = 0; changes < 3; changes += 1) {
      const restart = await start('restart', restartOf(world));
      await restart.result();
    }
    expect(await runId()).toBe(before);
    answer();
    await eventually('a new run', async () => (await runId()) !== before);
    await harness.tell(world, 'unfreeze', { reason: 'counted' });
    await eventually('the end is told', async () => world.people.told.length === 2);
    const told = world.people.told.map(({ delivery: { notification, isRepeat } }) => [notification.event, isRepeat]);
    // Of an earlier run: the channel looks for the thread.
    expect(told).toEqual([
      ['freezeStarted', false],
      ['freezeEnded', true],
    ]);
    expect(new Set(world.people.told.map(({ delivery }) => delivery.notification.subject.id)).size).toBe(1);
  });
});
