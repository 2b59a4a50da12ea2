import { describe, expect, it } from 'vitest';
import { finalFailure } from '../../activities/failure.ts';
import type { ChannelKind } from '../../contract/catalog/notifications.ts';
import { environmentEvents } from '../../contract/notification.ts';
import type { TimelineEntry } from '../../contract/status.ts';
import { queryNames } from '../../contract/messages.ts';
import { utcMoment } from '../../contract/utc-moment.ts';
import { FakeSlack } from '../activities/fake-slack.ts';
import { messengersAt } from '../activities/notifications.ts';
import { eventually } from '../until.ts';
import { failureOf, type Harness } from './harness.ts';
import { deployOf, release, untilWaitingFor } from './runs.ts';
import { openHarness } from './stage.ts';
import { deputy, noApprovals, owner, World } from './world.ts';

const harness = openHarness();
const oncall = {
  kind: 'slack',
  token: { secret: 'bot-token' },
  channel: 'C0123456789',
  events: [...environmentEvents],
};
const mail = {
  kind: 'email',
  host: 'mail.example.com',
  from: 'slipway@example.com',
  to: 'roles',
  events: ['freezeStarted', 'driftFound'],
};
const hook = { kind: 'webhook', url: 'https://hook.example.com' };
const edit = 'revision service-9 serves, but the ledger has service-1: variable DEBUG was added';

function newWorld(notifications: object = { oncall, mail, hook }): World {
  return new World({ approvals: noApprovals, notifications } as unknown as ConstructorParameters<typeof World>[0]);
}

const toldTo = ({ people }: World, wanted: ChannelKind) =>
  people.told.filter(({ kind }) => kind === wanted).map(({ delivery }) => delivery.notification);
const linesTo = (world: World, kind: ChannelKind) => toldTo(world, kind).map(({ event, what }) => `${event}: ${what}`);
const untilTold = (world: World, count: number, kind: ChannelKind = 'slack') =>
  eventually(`${count} notifications`, async () => toldTo(world, kind).length >= count);
const timelineIn = async (stage: Harness, world: World) =>
  (await stage.environment(world).query<TimelineEntry[]>(queryNames.timeline)).map(({ what }) => what);

describe('people who are told of an environment', () => {
  it('hear once that it is frozen and once that it is not any more, in one thread, with what ends it', async () => {
    const world = newWorld();
    await harness.with(world, async (start) => {
      await release(start, world);
      await harness.tell(world, 'freeze', { reason: 'stocktaking' });
      await untilTold(world, 1);
      const deploy = await start('deploy', deployOf(world));
      await untilWaitingFor(deploy, 'freeze');
      await harness.tell(world, 'unfreeze', { reason: 'counted' });
      await deploy.result();
      await untilTold(world, 2);
      const slack = toldTo(world, 'slack');
      expect(slack).toMatchObject([
        {
          event: 'freezeStarted',
          what: `frozen by ${owner}: stocktaking`,
          command: expect.stringMatching(
            /^\.\/slipway environment unfreeze .* --environment staging --by .* --reason /,
          ),
          subject: {
            kind: 'environment',
            matter: 'freeze',
            standing: 'frozen',
            workflowId: harness.environment(world).workflowId,
          },
          asked: [{ role: 'release-owner', people: [owner, deputy] }],
        },
        {
          event: 'freezeEnded',
          what: `unfrozen by ${owner}: counted`,
          facts: [{ name: 'now', text: 'changes may go on' }],
          subject: { standing: 'over' },
        },
      ]);
      expect(slack[1]?.subject.id).toBe(slack[0]?.subject.id);
      const threads = world.people.told.filter(({ kind }) => kind === 'slack').map(({ delivery }) => delivery.thread);
      expect(threads).toEqual([null, 'thread-1']);
      expect(linesTo(world, 'email')).toEqual([`freezeStarted: frozen by ${owner}: stocktaking`]);
      expect(linesTo(world, 'webhook')).toEqual([]);
      expect(await timelineIn(harness, world)).toContain(`told oncall (Slack): frozen by ${owner}: stocktaking`);
    });
  });

  it('hear of a stop of the line beside a freeze, of a repeat nothing, and what is still on', async () => {
    const world = newWorld();
    const everything = { reason: 'the identity provider is down', scope: 'everything' };
    await harness.with(world, async (start) => {
      await release(start, world);
      await harness.tell(world, 'freeze', everything);
      await harness.tell(world, 'freeze', everything);
      await harness.tell(world, 'freeze', { reason: 'sale' });
      await harness.tell(world, 'unfreeze', { reason: 'it answers again', scope: 'everything' });
      await untilTold(world, 3);
      expect(linesTo(world, 'slack')).toEqual([
        `freezeStarted: frozen by ${owner} (everything is stopped): ${everything.reason}`,
        `freezeStarted: frozen by ${owner}: sale`,
        `freezeEnded: unfrozen by ${owner}: it answers again`,
      ]);
      const [first, , last] = toldTo(world, 'slack');
      expect(first?.command).toMatch(/^\.\/slipway unfreeze --all --by /);
      expect(last?.facts).toEqual([{ name: 'still', text: `frozen by ${owner}: sale` }]);
    });
  });

  it('hear that a freeze has ended by itself', async () => {
    const world = newWorld();
    await harness.with(world, async (start) => {
      await release(start, world);
      const until = new Date(Date.now() + 1_500).toISOString();
      await harness.tell(world, 'freeze', { reason: 'stocktaking', until });
      await untilTold(world, 2);
      expect(linesTo(world, 'slack')).toEqual([
        `freezeStarted: frozen by ${owner} until ${utcMoment(until)}: stocktaking`,
        'freezeEnded: its time is over',
      ]);
    });
  });

  it('hear once that it has drifted, and how that ended: adopted, or gone', async () => {
    const world = newWorld();
    const place = { service: world.service, environment: 'staging' };
    await harness.with(world, async (start) => {
      await release(start, world);
      world.otherSettings = [edit];
      await failureOf(await start('checkDrift', place));
      await failureOf(await start('checkDrift', place));
      await harness.tell(world, 'adopt', { reason: 'more memory' });
      await untilTold(world, 2);
      expect(toldTo(world, 'slack')).toMatchObject([
        {
          event: 'driftFound',
          what: 'what serves is not what should: 1 difference',
          facts: [{ name: 'difference', text: edit }, { name: 'serves' }, { name: 'or' }],
          command: `./slipway environment adopt ${world.service} --environment staging --reason '…'`,
        },
        { event: 'driftGone', what: `adopted by ${owner}: more memory` },
      ]);
      world.otherSettings = [`${edit} again`];
      await failureOf(await start('checkDrift', place));
      world.otherSettings = [];
      await (await start('checkDrift', place)).result();
      await untilTold(world, 4);
      expect(linesTo(world, 'slack').slice(2)).toEqual([
        'driftFound: what serves is not what should: 1 difference',
        'driftGone: gone: what serves is what should',
      ]);
    });
  });

  it('do not hear again of a freeze that was on when a fresh environment begins', async () => {
    const world = newWorld();
    await harness.with(world, async (start) => {
      await release(start, world);
      await harness.tell(world, 'freeze', { reason: 'stocktaking' });
      await untilTold(world, 1);
      await harness.environment(world).terminate();
      const deploy = await start('deploy', deployOf(world));
      await untilWaitingFor(deploy, 'freeze');
      await harness.tell(world, 'unfreeze', { reason: 'counted' });
      await deploy.result();
      await untilTold(world, 2);
      const [before, after] = toldTo(world, 'slack');
      expect(after).toMatchObject({ event: 'freezeEnded', what: `unfrozen by ${owner}: counted` });
      expect(after?.subject.id).toBe(before?.subject.id);
    });
  });

  it.each([
    ['hangs', 'hang'],
    ['refuses', { status: 403 }],
    ['loses the answer', 'lost'],
  ] as const)('keep nobody waiting while a channel %s', async (trouble, reply) => {
    const slack = await new FakeSlack().open();
    const world = newWorld({ oncall, mail });
    world.messengers = { ...world.people.messengers(), slack: messengersAt(slack.url).slack };
    slack.instead = () => reply;
    await harness.with(world, async (start) => {
      await release(start, world);
      await harness.tell(world, 'freeze', { reason: 'stocktaking' });
      await untilTold(world, 1, 'email');
      await harness.tell(world, 'unfreeze', { reason: 'counted' });
      await release(start, world);
      if (trouble !== 'loses the answer') return;
      slack.instead = () => null;
      const told = async () => (await timelineIn(harness, world)).filter((line) => line.startsWith('told oncall'));
      await eventually('both are told', async () => (await told()).length === 2);
      expect(slack.messages).toHaveLength(2);
      expect(slack.threads).toHaveLength(1);
    });
    slack.close();
  });

  it('are told by the timeline what a channel refused, and why', async () => {
    const world = newWorld({ oncall });
    world.people.before = async () => {
      throw finalFailure('Denied', 'Slack (chat.postMessage) refused: invalid_auth');
    };
    await harness.with(world, async (start) => {
      await release(start, world);
      await harness.tell(world, 'freeze', { reason: 'stocktaking' });
      await eventually('the failure', async () =>
        (await timelineIn(harness, world)).includes(
          'oncall (Slack) could not be told: Slack (chat.postMessage) refused: invalid_auth; ' +
            `it was: frozen by ${owner}: stocktaking`,
        ),
      );
    });
  });

  it('hear that an environment waits for an operator, and who has decided', async () => {
    const world = newWorld({ oncall: { ...oncall, events: ['decisionNeeded', 'decisionTaken'] } });
    await harness.with(world, async (start) => {
      await release(start, world);
      await harness.environment(world).terminate();
      world.failNext('pendingWork', 'Denied', 'credentials were revoked');
      const deploy = await start('deploy', deployOf(world));
      await harness.untilEnvironment(world, ({ phase }) => phase === 'parked');
      await untilTold(world, 1);
      await harness.tell(world, 'decide', { action: 'retry' });
      await deploy.result();
      await untilTold(world, 2);
      expect(toldTo(world, 'slack')).toMatchObject([
        {
          event: 'decisionNeeded',
          what: expect.stringContaining('it waits for a decision about'),
          facts: [
            { name: 'who', text: `${owner}, ${deputy}` },
            { name: 'retry', text: expect.stringMatching(/\S: \.\/slipway decide environment\/.* --action retry /) },
            { name: 'markDone', text: expect.stringContaining('--action markDone') },
          ],
          command: `./slipway environment show ${world.service} --environment staging`,
        },
        { event: 'decisionTaken', what: `retry by ${owner}` },
      ]);
    });
  });
});
