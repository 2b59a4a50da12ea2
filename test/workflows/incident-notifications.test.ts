import { describe, expect, it } from 'vitest';
import type { ChannelKind } from '../../contract/catalog/notifications.ts';
import { passingFailure, finalFailure } from '../../activities/failure.ts';
import { FakeSlack } from '../activities/fake-slack.ts';
import { messengersAt } from '../activities/notifications.ts';
import { isoTime } from '../iso-time.ts';
import { textIn } from '../text-in.ts';
import { eventually } from '../until.ts';
import { failureOf, type ChangeHandle } from './harness.ts';
import {
  endByWord,
  episodeOf,
  fire,
  openByAlert,
  openIncident,
  say,
  statusOfIncident,
  tellAlerts,
  untilIncident,
  untilTriaged,
  type IncidentHandle,
} from './incident-runs.ts';
import { release, timelineOf } from './runs.ts';
import { openHarness } from './stage.ts';
import { noApprovals, owner, World } from './world.ts';

const harness = openHarness();
const channels = {
  oncall: { kind: 'slack', token: { secret: 'bot-token' }, channel: 'C0123456789' },
  status: {
    kind: 'webhook',
    url: { variable: 'SLIPWAY_SECRET_STATUS_PAGE' },
    events: ['communicated', 'resolved'],
    severities: ['SEV-1'],
  },
  pager: { kind: 'pagerDuty', routingKey: { secret: 'routing-key' } },
};
const incidents = { quietMinutes: 0.05, acknowledgeWithinMinutes: { 'SEV-1': 0.05, 'SEV-2': 5, 'SEV-3': 60 } };

function newWorld(notifications: object = channels): World {
  const settings = { approvals: noApprovals, incidents, notifications };
  return new World(settings as unknown as ConstructorParameters<typeof World>[0]);
}

/** What a kind of channel was told, in order. */
function toldTo({ people }: World, kind: ChannelKind): string[] {
  return people.told.filter((one) => one.kind === kind).map(({ delivery }) => delivery.notification.event);
}

const linesOf = (run: IncidentHandle) => timelineOf(run as unknown as ChangeHandle);
const falseAlarm = { falseAlarm: true };

describe('people who are told of an incident', () => {
  it('hear of each turn in one thread, are paged once, and the timeline says what they were told', async () => {
    const world = newWorld();
    await harness.with(world, async (start) => {
      await release(start, world);
      const run = await openIncident(start, world);
      await untilTriaged(run);
      await say(run, 'acknowledge', { note: 'I am on it' });
      await say(run, 'classify', { severity: 'SEV-1', category: 'streamCompletion' });
      await say(run, 'communicate', { text: 'streams break off; we roll back' });
      await say(run, 'mitigate', { to: 'c0000000000' });
      await untilIncident(run, 'the mitigation failed', ({ mitigations }) => mitigations[0]?.succeeded === false);
      await endByWord(run);
      expect(toldTo(world, 'slack')).toEqual([
        'incidentOpened',
        'incidentAcknowledged',
        'incidentUpdated',
        'communicated',
        'mitigationStarted',
        'mitigationEnded',
        'resolved',
      ]);
      expect(toldTo(world, 'webhook')).toEqual(['communicated', 'resolved']);
      expect(toldTo(world, 'pagerDuty')).toEqual(['incidentOpened', 'incidentAcknowledged', 'resolved']);
      const { told } = world.people;
      const inSlack = told.filter(({ kind }) => kind === 'slack').map(({ delivery }) => delivery);
      expect(inSlack.map(({ thread }) => thread)).toEqual([null, ...Array<string>(6).fill('thread-1')]);
      expect(new Set(inSlack.map(({ notification }) => notification.key)).size).toBe(7);
      expect(inSlack.at(-1)?.notification).toMatchObject({
        what: `resolved by ${owner}: a false alarm`,
        subject: { severity: 'SEV-1', standing: 'over' },
        facts: expect.arrayContaining([
          { name: 'on it', text: expect.stringContaining(owner) },
          { name: 'status', text: expect.stringContaining('streams break off; we roll back') },
          { name: 'mitigation', text: expect.stringContaining('rollback by') },
        ]),
      });
      for (const { what, facts } of inSlack.map(({ notification }) => notification))
        expect(JSON.stringify({ what, facts })).not.toMatch(isoTime);
      const lines = await linesOf(run);
      expect(lines).toEqual(
        expect.arrayContaining([
          `told oncall (Slack): opened by ${owner}`,
          `told pager (PagerDuty): acknowledged by ${owner}: I am on it`,
          expect.stringMatching(/^told oncall \(Slack\): SEV-2 becomes SEV-1; category A, /),
        ]),
      );
    });
  });

  it('are not paged again by alerts that join or come back, nor by a second raise', async () => {
    const world = newWorld();
    await harness.with(world, async (start) => {
      const first = episodeOf({ severity: 'sev3' });
      fire(world, first);
      const opened = { openedBy: 'alertmanager', alerts: [first], severity: 'SEV-3' };
      const run = await openIncident(start, world, opened);
      await untilTriaged(run);
      const other = episodeOf({ fingerprint: 'b2', name: 'Other', severity: 'sev2' });
      fire(world, first, other);
      await tellAlerts(run, first, other);
      await untilIncident(run, 'joined', ({ alerts }) => alerts.length === 2);
      await tellAlerts(run, { ...first, status: 'resolved', endsAt: new Date().toISOString() });
      const again = episodeOf({ startsAt: new Date().toISOString(), severity: 'sev1' });
      fire(world, other, again);
      await tellAlerts(run, again);
      await untilIncident(run, 'flapped', ({ flapped }) => flapped === 1);
      await endByWord(run);
      expect(toldTo(world, 'slack').filter((event) => event === 'incidentUpdated')).toHaveLength(2);
      expect(toldTo(world, 'pagerDuty')).toEqual(['incidentUpdated', 'incidentAcknowledged', 'resolved']);
    });
  });

  it('are paged for an alert that nobody bears out, and are told so; for a forged one they are not', async () => {
    const world = newWorld();
    await harness.with(world, async (start) => {
      const forged = await openByAlert(start, world, episodeOf());
      expect(await failureOf(forged as unknown as ChangeHandle)).toMatchObject({ type: 'Rejected' });
      expect(world.people.told).toEqual([]);
      for (let times = 0; times < 12; times += 1) world.failNext('alerts', 'Unknown', 'connection refused');
      const run = await openByAlert(start, world, episodeOf());
      await untilTriaged(run);
      await eventually('paged', async () => toldTo(world, 'pagerDuty').length === 1);
      expect(world.people.told.find(({ kind }) => kind === 'pagerDuty')?.delivery.notification.caution).toBe(
        'Alertmanager could not be asked whether this fires',
      );
      await endByWord(run);
    });
  });

  it('hear that nobody has acknowledged in time, and that it was cancelled', async () => {
    const world = newWorld();
    await harness.with(world, async (start) => {
      const run = await openIncident(start, world, { severity: 'SEV-1' });
      await untilIncident(run, 'escalated', ({ escalations }) => escalations > 0);
      await run.cancel();
      await expect(run.result()).rejects.toThrow();
      expect(toldTo(world, 'slack')).toEqual(expect.arrayContaining(['escalated']));
      expect(toldTo(world, 'slack').at(-1)).toBe('resolved');
      expect(toldTo(world, 'pagerDuty')).toEqual(['incidentOpened', 'resolved']);
      expect(world.people.told.at(-1)?.delivery.notification.what).toBe('ended without a resolution: cancelled');
    });
  });
});

describe('a channel that cannot tell people', () => {
  it('delays neither the others nor mitigation and resolution, and the end says what was not told', async () => {
    const world = newWorld();
    world.people.before = async (kind) => {
      if (kind === 'slack') throw passingFailure('Slack (chat.postMessage) answered 503');
    };
    await harness.with(world, async (start) => {
      const run = await openIncident(start, world);
      await untilTriaged(run);
      await say(run, 'mitigate', { to: 'c0000000000' });
      await untilIncident(run, 'mitigated', ({ mitigations }) => mitigations[0]?.succeeded === false);
      await say(run, 'resolve', falseAlarm);
      const { outcome } = await untilIncident(run, 'over', ({ phase }) => phase === 'done');
      expect(outcome).toBe(`resolved by ${owner}: a false alarm`);
      await eventually('the page is resolved', async () => toldTo(world, 'pagerDuty').at(-1) === 'resolved');
      await expect(say(run, 'acknowledge')).rejects.toMatchObject({
        cause: { message: expect.stringContaining('the incident is over') },
      });
      const { resolvedAt } = await run.result();
      expect((await statusOfIncident(run)).outcome).toBe(outcome);
      expect(await linesOf(run)).toEqual(
        expect.arrayContaining([
          `oncall (Slack) was not told by the end: opened by ${owner}`,
          `oncall (Slack) was not told by the end: resolved by ${owner}: a false alarm`,
        ]),
      );
      const waitedMs = Date.now() - Date.parse(resolvedAt);
      expect(waitedMs).toBeGreaterThan(50_000);
      expect(waitedMs).toBeLessThan(90_000);
    });
  }, 150_000);

  it('is told the next thing after a final no', async () => {
    const world = newWorld();
    world.people.before = async (kind, { notification }) => {
      if (kind === 'slack' && notification.event === 'incidentOpened')
        throw finalFailure('Missing', 'channel_not_found; is the bot a member of it?');
    };
    await harness.with(world, async (start) => {
      const run = await openIncident(start, world);
      await untilTriaged(run);
      await say(run, 'acknowledge');
      await endByWord(run);
      expect(toldTo(world, 'slack')).toEqual(['incidentAcknowledged', 'resolved']);
      expect(await linesOf(run)).toContain(
        `oncall (Slack) could not be told: channel_not_found; is the bot a member of it?; it was: opened by ${owner}`,
      );
      // What failed may have been told all the same: the channel is looked at before a thread is begun.
      expect(world.people.told.find(({ kind }) => kind === 'slack')?.delivery.isRepeat).toBe(true);
    });
  });
});

describe('a worker that stops between a message and its answer', () => {
  it('leaves no message out and tells none twice', async () => {
    const slack = await new FakeSlack().open();
    const world = newWorld({ oncall: channels.oncall });
    world.messengers = messengersAt(slack.url);
    try {
      await harness.with(world, async (start, replaceWorker) => {
        const run = await openIncident(start, world, { severity: 'SEV-3' });
        slack.instead = (method) => (method === 'chat.postMessage' ? 'hang' : null);
        await untilTriaged(run);
        await eventually('the first message has arrived', async () => slack.messages.length === 1);
        await replaceWorker();
        await say(run, 'acknowledge');
        slack.instead = () => null;
        const lost = slack.messages.length;
        await eventually('it was acknowledged', async () => slack.messages.length > lost);
        slack.instead = (method) => (method === 'chat.postMessage' ? 'hang' : null);
        await say(run, 'communicate', { text: 'we look into it' });
        await eventually('the word has arrived', async () => slack.messages.length === 3);
        await replaceWorker();
        slack.instead = () => null;
        await endByWord(run);
        const history = textIn(await run.fetchHistory());
        expect(history).toContain('bot-token');
        expect(history).not.toContain('value of bot-token');
      });
      const [first, ...more] = slack.threads;
      expect(more).toEqual([]);
      expect(slack.replies(first?.ts ?? '')).toEqual([
        `acknowledged by ${owner}`,
        `we look into it (${owner})`,
        `resolved by ${owner}: a false alarm`,
      ]);
      expect(first?.text).toMatch(/^:white_check_mark:/);
    } finally {
      slack.close();
    }
  });
});
