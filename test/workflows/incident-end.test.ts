import { describe, expect, it } from 'vitest';
import { maxEpisodes, type Episode } from '../../contract/incident/episode.ts';
import type { IncidentResult, IncidentStatus } from '../../contract/incident/status.ts';
import { messageNames } from '../../contract/messages.ts';
import { textIn } from '../text-in.ts';
import { eventually } from '../until.ts';
import type { ChangeHandle, Start } from './harness.ts';
import {
  causeOf,
  endByWord,
  episodeOf,
  fire,
  openByAlert,
  say,
  statusOfIncident,
  tellAlerts,
  untilIncident,
  untilTriaged,
  type IncidentHandle,
} from './incident-runs.ts';
import { timelineOf } from './runs.ts';
import { openHarness } from './stage.ts';
import { noApprovals, owner, World } from './world.ts';

const harness = openHarness();
type Workflow = (input: unknown) => Promise<IncidentResult>;

/** A world whose channel holds an incident at its end, until the test lets it go. */
function newWorld(): World & { letGo: () => void } {
  const settings = {
    approvals: noApprovals,
    incidents: { quietMinutes: 0.05 },
    notifications: { oncall: { kind: 'slack', token: { secret: 'bot-token' }, channel: 'C0123456789' } },
  };
  const world = new World(settings as unknown as ConstructorParameters<typeof World>[0]);
  const { promise, resolve } = Promise.withResolvers<void>();
  world.people.before = async (_kind, { notification }) => (notification.event === 'resolved' ? promise : undefined);
  return Object.assign(world, { letGo: resolve });
}

const linesOf = async (run: IncidentHandle) => textIn(await timelineOf(run as unknown as ChangeHandle));
const again = (name = 'Other') => episodeOf({ fingerprint: 'b2', name, startsAt: new Date().toISOString() });

/** The incident that runs under the same id by now: another one than this. */
async function successorOf(world: World, { incident }: IncidentStatus): Promise<[IncidentHandle, IncidentStatus]> {
  const newest = harness.client.workflow.getHandle<Workflow>(causeOf(world));
  const status = await eventually('the next incident', async () => {
    const seen = await statusOfIncident(newest);
    return seen.incident !== incident && seen.phase === 'responding' && seen;
  });
  return [newest, status];
}

/** Opens an incident; its handle stays at that run, also when the next one has opened. */
async function oneRun(world: World, start: Start, alert: Episode): Promise<IncidentHandle> {
  const { runId } = await (await openByAlert(start, world, alert)).describe();
  return harness.client.workflow.getHandle<Workflow>(causeOf(world), runId);
}

describe('an alert that comes at the end of an incident', () => {
  it('opens the next one, while people are still told that the first is over', async () => {
    const world = newWorld();
    await harness.with(world, async (start) => {
      const first = episodeOf();
      fire(world, first);
      const run = await oneRun(world, start, first);
      await untilTriaged(run);
      await say(run, 'resolve', { falseAlarm: true });
      const over = await untilIncident(run, 'over', ({ phase }) => phase === 'done');
      const late = again();
      fire(world, first, late);
      // As the receiver sends it: a repeat of what is known already is nothing new.
      await run.signal(messageNames.alerts, { episodes: [first, late] });
      await untilIncident(run, 'heard', ({ alerts }) => alerts[0]?.told === 2);
      world.letGo();
      const [next, status] = await successorOf(world, over);
      expect(status).toMatchObject({
        openedBy: 'alertmanager',
        alerts: [{ fingerprint: late.fingerprint, confirmed: 'yes' }],
        acknowledged: null,
        outcome: null,
      });
      expect(await statusOfIncident(run)).toMatchObject({ outcome: over.outcome, alerts: [{ name: first.name }] });
      expect(await linesOf(run)).toContain('1 alert came too late for it');
      fire(world);
      await say(next, 'resolve');
      expect(await next.result()).toMatchObject({
        incident: status.incident,
        outcome: expect.stringContaining('gone'),
      });
      expect(world.people.told.map(({ delivery }) => delivery.notification.event)).toEqual(
        expect.arrayContaining(['incidentOpened', 'resolved', 'incidentOpened', 'resolved']),
      );
    });
  });

  it('opens the next one although the first is cancelled, and none if it has ended by then', async () => {
    const world = newWorld();
    await harness.with(world, async (start) => {
      const first = episodeOf();
      fire(world, first);
      const run = await oneRun(world, start, first);
      await untilTriaged(run);
      await run.cancel();
      const over = await untilIncident(run, 'cancelled', ({ phase }) => phase === 'cancelled');
      const [late, short] = [again(), episodeOf({ fingerprint: 'c3', name: 'Short' })];
      fire(world, first, late, short);
      await run.signal(messageNames.alerts, { episodes: [short, late] });
      await eventually('heard', async () => (await linesOf(run)).includes('2 alerts heard; the incident is over'));
      fire(world, first, late);
      world.letGo();
      const [next, status] = await successorOf(world, over);
      expect(status.alerts.map(({ name }) => name)).toEqual([late.name]);
      await endByWord(next);
    });
  });

  it('opens nothing if Alertmanager does not know it', async () => {
    const world = newWorld();
    await harness.with(world, async (start) => {
      const first = episodeOf();
      fire(world, first);
      const run = await oneRun(world, start, first);
      await untilTriaged(run);
      await say(run, 'resolve', { falseAlarm: true });
      await untilIncident(run, 'over', ({ phase }) => phase === 'done');
      await run.signal(messageNames.alerts, { episodes: [again()] });
      await untilIncident(run, 'refused', ({ refused }) => refused.count === 1);
      world.letGo();
      expect(await run.result()).toMatchObject({ outcome: `resolved by ${owner}: a false alarm` });
    });
  });

  it('keeps it open while it is looked at whether the symptom stays away', async () => {
    const world = newWorld();
    await harness.with(world, async (start) => {
      const first = episodeOf();
      fire(world, first);
      const run = await openByAlert(start, world, first);
      await untilTriaged(run);
      await say(run, 'resolve');
      await untilIncident(run, 'still there', ({ phase }) => phase === 'verifying');
      const pod = episodeOf({ fingerprint: 'a2' });
      fire(world, first, pod);
      await tellAlerts(run, pod);
      await untilIncident(run, 'open again', ({ phase }) => phase === 'responding');
      expect(await linesOf(run)).toContain('not resolved: something else came up meanwhile');
      world.letGo();
      await endByWord(run);
    });
  });
});

describe('an incident', () => {
  it('ends although nobody ever tells that its alert has ended', async () => {
    const world = newWorld();
    await harness.with(world, async (start) => {
      const first = episodeOf();
      fire(world, first);
      const run = await openByAlert(start, world, first);
      await untilTriaged(run);
      fire(world);
      world.letGo();
      await say(run, 'resolve');
      expect((await run.result()).outcome).toContain('the symptom is gone');
      expect((await statusOfIncident(run)).alerts).toMatchObject([{ status: 'firing' }]);
    });
  });
});

describe('an alert that comes with the opening', () => {
  it('has an incident although the one that opened it is forged', async () => {
    const world = newWorld();
    await harness.with(world, async (start) => {
      const [forged, known] = [episodeOf({ fingerprint: 'ff' }), again()];
      fire(world, known);
      const { service } = world;
      const input = { service, environment: 'staging', title: 'forged', openedBy: 'alertmanager', alerts: [forged] };
      const message = { signal: messageNames.alerts, signalArgs: [{ episodes: [forged, known] }] as [object] };
      await start('incident', input, causeOf(world), message);
      // This one, or the next one where the first had ended already.
      const run = harness.client.workflow.getHandle<Workflow>(causeOf(world));
      const { alerts } = await untilTriaged(run);
      expect(alerts.map(({ name }) => name)).toEqual([known.name]);
      world.letGo();
      await endByWord(run);
    });
  });
});

describe('an Alertmanager that has just started', () => {
  it("is asked once more before an alert that it has forgotten is called a stranger's", async () => {
    const world = newWorld();
    const startedAt = new Date(Date.now() - 70_000).toISOString();
    let asked = 0;
    world.alertmanagerStart = () => {
      asked += 1;
      return startedAt;
    };
    await harness.with(world, async (start) => {
      const first = episodeOf();
      const run = await openByAlert(start, world, first);
      await eventually('asked', async () => asked > 0);
      fire(world, first);
      expect(await untilTriaged(run)).toMatchObject({ alerts: [{ confirmed: 'yes' }] });
      world.letGo();
      await endByWord(run);
    });
  });
});

describe('a storm of alerts of one cause', () => {
  it('is counted beyond a hundred, and the gravest counts', async () => {
    const world = newWorld();
    await harness.with(world, async (start) => {
      const storm = Array.from({ length: 120 }, (_, index) =>
        episodeOf({ fingerprint: (0xa00 + index).toString(16), severity: index === 119 ? 'sev1' : 'sev3' }),
      );
      fire(world, ...storm);
      const run = await openByAlert(start, world, ...storm.slice(0, maxEpisodes));
      for (let sent = maxEpisodes; sent < storm.length; sent += maxEpisodes)
        await tellAlerts(run, ...storm.slice(sent, sent + maxEpisodes));
      await tellAlerts(run, ...storm.slice(-10));
      const status = await untilTriaged(run);
      expect(status).toMatchObject({ furtherAlerts: 20, severity: 'SEV-1' });
      expect(status.alerts).toHaveLength(100);
      world.letGo();
      await endByWord(run);
    });
  });
});
