import { describe, expect, it } from 'vitest';
import { finalFailure, passingFailure, signInFailure } from '../../activities/failure.ts';
import { messengersAt } from '../activities/notifications.ts';
import { ScriptedService } from '../activities/gate-world.ts';
import { expectFailure } from '../expect-failure.ts';
import { failureOf } from './harness.ts';
import { openHarness } from './stage.ts';
import { deputy, owner, World } from './world.ts';

const harness = openHarness();
const channels = {
  oncall: { kind: 'slack', token: { secret: 'bot-token' }, channel: 'C0123456789', events: ['resolved'] },
  company: { kind: 'slackWebhook', webhook: { variable: 'SLIPWAY_SECRET_HOOK' }, severities: ['SEV-1'] },
  pager: { kind: 'pagerDuty', routingKey: { secret: 'routing-key' } },
  mail: {
    kind: 'email',
    host: 'mail.example.com',
    login: { user: { secret: 'mail-user' }, password: { secret: 'mail-password' } },
    from: 'slipway@example.com',
    to: ['roles', 'ops@example.com'],
    roles: ['data-owner'],
  },
};
const newWorld = (notifications: object = channels) =>
  new World({ notifications } as unknown as ConstructorParameters<typeof World>[0]);
const inputOf = ({ service }: World, changes: object = {}) => ({
  service,
  environment: 'staging',
  requestedBy: owner,
  ...changes,
});

describe('a test of the channels of an environment', () => {
  it('sends one message through each, whatever it is told otherwise', async () => {
    const world = newWorld();
    await harness.with(world, async (start) => {
      const run = await start('testNotifications', inputOf(world));
      expect(await run.result()).toMatchObject({
        outcome: `${world.service} in staging: 4 of 4 channels took the message`,
        channels: ['oncall', 'company', 'pager', 'mail'].map((name) => ({ name, verdict: 'pass', next: null })),
      });
      expect(world.people.told.map(({ kind }) => kind).sort()).toEqual(['email', 'pagerDuty', 'slack', 'slackWebhook']);
      for (const { delivery } of world.people.told)
        expect(delivery.notification).toMatchObject({
          event: 'test',
          what: `a test by ${owner}: nothing has happened, and nobody has to do anything`,
          subject: { kind: 'environment', matter: 'test', standing: 'tried' },
        });
      // Nobody else is woken by a test.
      expect(world.people.told.find(({ kind }) => kind === 'email')?.delivery.notification.asked).toEqual([
        { role: 'data-owner', people: [owner] },
      ]);
    });
  });

  it('says of each that has not taken it why, and what to do; each is tried once', async () => {
    const world = newWorld();
    const failures: Record<string, Error> = {
      slack: signInFailure('Slack (chat.postMessage) refused: invalid_auth'),
      slackWebhook: finalFailure('Missing', 'the worker has no variable SLIPWAY_SECRET_HOOK'),
      pagerDuty: passingFailure('PagerDuty does not answer: timeout'),
    };
    const tries: string[] = [];
    world.people.missed = [`${deputy}: 550 no such user`];
    world.people.before = async (kind) => {
      tries.push(kind);
      if (failures[kind]) throw failures[kind];
    };
    await harness.with(world, async (start) => {
      const run = await start('testNotifications', inputOf(world));
      const { cause } = (await run.result().catch((error: unknown) => error)) as { cause: Error };
      expect(cause).toMatchObject({
        type: 'Unhealthy',
        message: `${world.service} in staging: 0 of 4 channels took the message`,
        details: [
          {
            channels: [
              {
                name: 'oncall',
                reason: failures['slack']?.message,
                next: 'see whether secret bot-token is still valid',
              },
              { name: 'company', next: 'see whether all that channel company names in the catalog is there' },
              { name: 'pager', next: expect.stringContaining('it may have arrived all the same') },
              {
                name: 'mail',
                verdict: 'fail',
                reason: `took the message, but not for ${deputy}: 550 no such user`,
                next: 'correct channel mail in the catalog',
              },
            ],
          },
        ],
      });
      expect(tries.sort()).toEqual(['email', 'pagerDuty', 'slack', 'slackWebhook']);
    });
  });

  it('pages nobody, though PagerDuty takes it', async () => {
    const pagerDuty = await new ScriptedService().open();
    pagerDuty.reply = () => ({ status: 202, json: { status: 'success' } });
    const world = newWorld();
    world.messengers = { ...world.people.messengers(), pagerDuty: messengersAt(pagerDuty.url).pagerDuty };
    await harness.with(world, async (start) => {
      await (await start('testNotifications', inputOf(world, { channel: 'pager' }))).result();
    });
    expect(pagerDuty.received.map(({ path }) => path)).toEqual(['/v2/change/enqueue']);
    expect(world.people.told).toEqual([]);
    pagerDuty.close();
  });

  it.each([
    [
      'by somebody who holds no role',
      channels,
      { requestedBy: 'stranger@example.com' },
      /^requestedBy: .* holds no role/,
    ],
    [
      'of a channel that is not there',
      channels,
      { channel: 'onkall' },
      /^channel: onkall is no channel .* known: oncall, /,
    ],
    ['where there is no channel', {}, {}, /^environment: staging of .* has no channel/],
  ])('%s sends nothing', async (_what, notifications, changes, message) => {
    const world = newWorld(notifications);
    await harness.with(world, async (start) => {
      const run = await start('testNotifications', inputOf(world, changes));
      expect(await failureOf(run)).toMatchObject({ type: 'InvalidInput', message: expect.stringMatching(message) });
      expect(world.people.told).toEqual([]);
    });
  });

  it('names every problem of its input at once', async () => {
    const world = newWorld();
    await harness.with(world, async (start) => {
      const run = await start('testNotifications', { service: 'X', channel: 'Y', more: 1 });
      await expectFailure(run, 'InvalidInput', /^service: .*; environment: .*; channel: .*; requestedBy: .*; more: /);
    });
  });
});
