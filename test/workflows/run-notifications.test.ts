import { describe, expect, it } from 'vitest';
import { passingFailure } from '../../activities/failure.ts';
import { changeEvents, runEvents } from '../../contract/notification.ts';
import type { ChannelKind } from '../../contract/catalog/notifications.ts';
import { utcMoment } from '../../contract/utc-moment.ts';
import { expectFailure } from '../expect-failure.ts';
import { isoTime } from '../iso-time.ts';
import { eventually } from '../until.ts';
import { messageNames } from '../../contract/messages.ts';
import { approve, decide, deployOf, startAndApprove, statusOf, timelineOf, untilAsked, untilParked } from './runs.ts';
import { openHarness } from './stage.ts';
import { commits, deputy, developer, noApprovals, owner, unseenBake, World } from './world.ts';

const harness = openHarness();
const long = process.env['SLIPWAY_LONG'] !== undefined;
const oncall = { kind: 'slack', token: { secret: 'bot-token' }, channel: 'C0123456789', events: [...runEvents] };
const pager = { kind: 'pagerDuty', routingKey: { secret: 'key' }, severities: ['SEV-1'], events: [...changeEvents] };
const quiet = { kind: 'webhook', url: 'https://status.example.com', severities: ['SEV-1'], events: ['resolved'] };
const channels = { oncall, pager, quiet };

function newWorld(notifications: object = channels, settings: object = {}): World {
  return new World({ ...settings, notifications } as unknown as ConstructorParameters<typeof World>[0]);
}

const toldTo = ({ people }: World, wanted: ChannelKind) =>
  people.told.filter(({ kind }) => kind === wanted).map(({ delivery }) => delivery.notification);
/** The order in which a change that parks once tells of itself. */
const order = ['approvalNeeded', 'approvalAnswered', 'changeStarted', 'decisionNeeded', 'decisionTaken', 'changeEnded'];
const inOrder = (a: string, b: string) => order.indexOf(a) - order.indexOf(b);
const eventsTo = (world: World, kind: ChannelKind) => toldTo(world, kind).map(({ event }) => event);

describe('people who are told of a run', () => {
  it('hear that it waits for them, who has answered, and how it went, in one thread', async () => {
    const world = newWorld();
    await harness.with(world, async (start) => {
      const run = await startAndApprove(start, world);
      await run.result();
      const slack = toldTo(world, 'slack');
      expect(slack.map(({ event }) => event)).toEqual([
        'approvalNeeded',
        'approvalAnswered',
        'changeStarted',
        'changeEnded',
      ]);
      expect(slack[0]).toMatchObject({
        what: expect.stringContaining('it waits for approval of plan'),
        command: expect.stringContaining('./slipway approve'),
        subject: { kind: 'run', does: 'deploy', standing: 'waiting' },
      });
      expect(slack[1]).toMatchObject({
        what: `approved by ${owner} as release-owner`,
        subject: { standing: 'underWay' },
      });
      expect(slack[3]).toMatchObject({ what: expect.stringContaining('released'), subject: { standing: 'succeeded' } });
      expect(eventsTo(world, 'pagerDuty')).toEqual(['changeStarted', 'changeEnded']);
      expect(eventsTo(world, 'webhook')).toEqual([]);
      const threads = world.people.told.filter(({ kind }) => kind === 'slack').map(({ delivery }) => delivery.thread);
      expect(threads).toEqual([null, 'thread-1', 'thread-1', 'thread-1']);
      expect(await timelineOf(run)).toContain(`told oncall (Slack): approved by ${owner} as release-owner`);
    });
  });

  it('hear of a rejection, and nothing of a change that never began', async () => {
    const world = newWorld();
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      await untilAsked(run);
      await run.executeUpdate(messageNames.reject, { args: [{ by: owner, note: 'not today' }] });
      await expectFailure(run, 'Rejected');
      expect(toldTo(world, 'slack').map(({ event, what }) => `${event}: ${what}`)).toEqual([
        expect.stringContaining('approvalNeeded'),
        `approvalAnswered: rejected by ${owner}: not today`,
      ]);
      expect(eventsTo(world, 'pagerDuty')).toEqual([]);
    });
  });

  it('hear of a parked run and of the decision', async () => {
    const world = newWorld();
    world.failNext('stage', 'Unknown', 'nobody knows');
    await harness.with(world, async (start) => {
      const run = await startAndApprove(start, world);
      await untilParked(run);
      await decide(run, 'retry', { note: 'I looked' });
      await run.result();
      const parked = toldTo(world, 'slack').filter(({ event }) => event.startsWith('decision'));
      expect(parked).toMatchObject([
        {
          event: 'decisionNeeded',
          what: expect.stringContaining('a decision about stage: nobody knows'),
          facts: expect.arrayContaining([
            { name: 'retry', text: `try stage again: ./slipway decide ${run.workflowId} --action retry --by ${owner}` },
            { name: 'abort', text: expect.stringMatching(/\S: \.\/slipway decide .* --action abort /) },
          ]),
          command: `./slipway status ${run.workflowId}`,
        },
        { event: 'decisionTaken', what: `retry by ${owner}: I looked` },
      ]);
    });
  });

  it('hear of a change that was taken back: why, what was seen, what serves, whom it met, what is next', async () => {
    const world = newWorld({ oncall }, { approvals: noApprovals, bake: unseenBake });
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      await untilParked(run, 'bake');
      await decide(run, 'rollback', { note: 'errors' });
      await expectFailure(run, 'RolledBack');
      const { ending } = await statusOf(run);
      const end = toldTo(world, 'slack').at(-1);
      expect(end).toMatchObject({
        event: 'changeEnded',
        what: `RolledBack: ${ending?.why}`,
        subject: { standing: 'failed' },
        command: `./slipway status ${run.workflowId}`,
      });
      const met = `met commit ${commits.good.slice(0, 12)} from ${utcMoment(ending?.exposed?.from ?? '')} to `;
      expect(end?.facts.filter(({ name }) => !['asked for by', 'commit', 'plan'].includes(name))).toEqual([
        { name: 'serves now', text: `commit ${commits.old.slice(0, 12)} again, as revision service-1` },
        { name: 'users', text: expect.stringContaining(met) },
        { name: 'next', text: expect.stringMatching(/is on hold here; .*: \.\/slipway environment lift /) },
        { name: 'next 2', text: `read what happened: ./slipway timeline ${run.workflowId}` },
      ]);
      expect(JSON.stringify(end?.facts)).not.toMatch(isoTime);
    });
  });

  it('hear only of what waits for their roles; mail goes to the people who are asked', async () => {
    const mail = { kind: 'email', host: 'mail.example.com', from: 'slipway@example.com', events: [...runEvents] };
    const hook = { kind: 'webhook', url: 'https://hook.example.com', events: ['approvalNeeded', 'decisionNeeded'] };
    const world = newWorld({
      mail: { ...mail, to: 'roles' },
      data: { ...hook, roles: ['data-owner'] },
      releases: { ...oncall, roles: ['release-owner', 'developer'] },
    });
    world.failNext('stage', 'Unknown', 'nobody knows');
    await harness.with(world, async (start) => {
      const run = await startAndApprove(start, world);
      await untilParked(run);
      await decide(run, 'retry');
      await run.result();
      expect(eventsTo(world, 'webhook')).toEqual([]);
      expect(eventsTo(world, 'slack')).toEqual([...runEvents].sort(inOrder));
      const mails = toldTo(world, 'email');
      expect(mails.map(({ event }) => event)).toEqual([...runEvents].sort(inOrder));
      expect(mails[0]?.asked).toEqual([{ role: 'release-owner', people: [owner, deputy] }]);
    });
  });

  it('hear of a mail that some did not get, and nobody gets it twice', async () => {
    const mail = { kind: 'email', host: 'mail.example.com', from: 'slipway@example.com', to: [owner, deputy] };
    const world = newWorld({ mail: { ...mail, events: ['changeEnded'] } });
    world.people.missed = [`${deputy}: 550 no such user`];
    await harness.with(world, async (start) => {
      const run = await startAndApprove(start, world);
      await run.result();
      expect(toldTo(world, 'email')).toHaveLength(1);
      expect(await timelineOf(run)).toContainEqual(
        expect.stringMatching(/^told mail \(e-mail\): released .*; but not .*: 550 no such user$/),
      );
    });
  });

  it('hear nothing of a dry run, nor where no channel asks for it', async () => {
    for (const [world, changes] of [
      [newWorld(), { dryRun: true }],
      [newWorld({ quiet }), {}],
    ] as const) {
      await harness.with(world, async (start) => {
        const run = await start('deploy', deployOf(world, changes));
        if (!('dryRun' in changes)) await approve(run);
        await run.result();
        expect(world.people.told).toEqual([]);
      });
    }
  });

  // It takes the whole minute. The short form of both is in incident-notifications.test.ts: one outbox serves all.
  it.skipIf(!long)(
    'do not hold it up while a channel is down: it frees the environment, and ends within a minute',
    async () => {
      const world = newWorld();
      world.people.before = async (kind) => {
        if (kind === 'slack') throw passingFailure('Slack (chat.postMessage) answered 503');
      };
      await harness.with(world, async (start) => {
        const run = await startAndApprove(start, world);
        await eventually('it has released', async () => (await statusOf(run)).outcome?.startsWith('released'));
        expect((await harness.environmentStatus(world)).holder).toBeNull();
        const endedAt = Date.now();
        expect((await run.result()).outcome).toContain('released');
        expect(Date.now() - endedAt).toBeLessThan(90_000);
        expect(await timelineOf(run)).toContainEqual(expect.stringContaining('oncall (Slack) was not told by the end'));
        expect((await statusOf(run)).requestedBy).toBe(developer);
      });
    },
    150_000,
  );
});
