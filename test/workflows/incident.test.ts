import { describe, expect, it } from 'vitest';
import type { LogEntry, Logs } from '../../activities/ports/platform.ts';
import { failureOf, type ChangeHandle } from './harness.ts';
import {
  endByWord,
  episodeOf,
  fire,
  openByAlert,
  openIncident,
  refusalOf,
  say,
  statusOfIncident,
  tellAlerts,
  untilIncident,
  untilTriaged,
} from './incident-runs.ts';
import { release, timelineOf } from './runs.ts';
import { openHarness } from './stage.ts';
import { clusterTarget, commits, developer, logEntry, noApprovals, owner, World } from './world.ts';

const harness = openHarness();
const quick = { quietMinutes: 0.05, acknowledgeWithinMinutes: { 'SEV-1': 0.05, 'SEV-2': 5, 'SEV-3': 60 } };
const settings = { approvals: noApprovals, incidents: quick } as unknown as ConstructorParameters<typeof World>[0];
const switchRequest = (frozen: boolean) => ({ method: 'PUT', path: '/writes', body: { frozen }, timeoutSeconds: 5 });
const searchSwitch = {
  description: 'no search',
  disable: switchRequest(true),
  enable: switchRequest(false),
  check: { path: '/writes', timeoutSeconds: 5, pointer: '/frozen', disabled: true, enabled: false },
};
/** Its log knows what came when. */
class WorldWithLog extends World {
  private lines: LogEntry[] = [];

  failFrom(begin: number): void {
    this.lines = Array.from({ length: 60 }, (_, index) => ({
      ...logEntry('the queue does not answer in time'),
      timestamp: new Date(begin + index).toISOString(),
    }));
  }

  override ports(...given: Parameters<World['ports']>): ReturnType<World['ports']> {
    const read: Logs['read'] = async (_target, { since, until, oldestFirst }) => {
      const found = this.lines.filter(({ timestamp }) => timestamp >= since && (until === null || timestamp < until));
      return oldestFirst ? found : found.toReversed();
    };
    const ports = super.ports(...given);
    return { ...ports, logs: { ...ports.logs, read } };
  }
}

describe('an incident that a person opens', () => {
  it('gathers evidence, names the last release as the suspect, and ends when the symptom is gone', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      const { change } = await release(start, world);
      const run = await openIncident(start, world, { severity: 'SEV-2' });
      const status = await untilTriaged(run);
      expect(status.evidence.map(({ name }) => name).sort()).toEqual(
        ['alerts', 'database', 'errors', 'health', 'ids', 'routes', 'serving', 'usual failures'].sort(),
      );
      expect(status.suspects[0]).toMatchObject({ change, reasons: expect.arrayContaining([expect.any(String)]) });
      expect(status.proposal).toMatchObject({ what: expect.stringContaining('roll back') });
      expect(status.waitingFor).toMatchObject({ kind: 'operator', what: 'somebody to acknowledge this SEV-2' });
      expect(status.waitingFor?.commands[0]).toContain('--name acknowledge');
      await say(run, 'acknowledge');
      await say(run, 'note', { text: 'the queue is empty' });
      await say(run, 'communicate', { text: 'we look into it', nextInMinutes: 30 });
      expect((await statusOfIncident(run)).acknowledged).toMatchObject({ by: owner });
      await say(run, 'resolve');
      await expect(run.result()).resolves.toMatchObject({
        outcome: `resolved by ${owner}: the symptom is gone`,
        severity: 'SEV-2',
        category: null,
      });
      const told = await timelineOf(run as unknown as ChangeHandle);
      expect(told).toEqual(
        expect.arrayContaining([`${owner}: the queue is empty`, `told by ${owner}: we look into it`]),
      );
    });
  });

  it('carries out a rollback on a word, and says how it ended', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      const first = await release(start, world);
      await release(start, world, { commit: commits.bad });
      const run = await openIncident(start, world);
      await untilTriaged(run);
      await say(run, 'mitigate');
      const done = await untilIncident(run, 'mitigated', ({ mitigations }) => mitigations[0]?.succeeded === true);
      expect(done.mitigations[0]).toMatchObject({ name: 'rollback', by: owner });
      expect((await harness.environmentStatus(world)).runs).toMatchObject({ digest: first.digest });
      const [suspect] = (await untilTriaged(run)).suspects;
      expect(suspect?.what).toContain(commits.bad.slice(0, 12));
      expect((await statusOfIncident(run)).proposal?.what).toContain('see whether the symptom is gone');
      await endByWord(run);
    });
  });

  it('goes back to before an older release that is suspect, and not only before the newest', async () => {
    const world = new WorldWithLog(settings);
    await harness.with(world, async (start) => {
      const first = await release(start, world, { commit: commits.old });
      const guilty = await release(start, world, { commit: commits.good });
      world.failFrom(Date.now());
      await release(start, world, { commit: commits.bad });
      const run = await openIncident(start, world);
      const { proposal, suspects } = await untilTriaged(run);
      expect(suspects[0]).toMatchObject({ change: guilty.change, wayBack: first.revision });
      expect(proposal?.mitigation).toEqual({ action: 'rollback', to: first.revision });
      await say(run, 'mitigate');
      await untilIncident(run, 'mitigated', ({ mitigations }) => mitigations[0]?.succeeded === true);
      expect((await harness.environmentStatus(world)).runs).toMatchObject({ digest: first.digest });
      await endByWord(run);
    });
  });

  it('proposes a restart if pods are unwell and no release is suspect, and its command does it', async () => {
    const world = new World({ ...settings, target: clusterTarget });
    world.checks = [{ name: 'pods', verdict: 'fail', reason: 'pod app-1 was restarted 12 times' }];
    await harness.with(world, async (start) => {
      const { digest } = await release(start, world);
      const onset = new Date(Date.now() - 3_600_000).toISOString();
      const run = await openIncident(start, world, { onset });
      const { proposal } = await untilTriaged(run);
      expect(proposal).toMatchObject({
        what: expect.stringContaining('12 times'),
        command: `./slipway incident mitigate ${run.workflowId} --by ${owner} --action restart`,
        mitigation: { action: 'restart' },
      });
      // A message that says nothing else does what is proposed.
      await say(run, 'mitigate');
      await untilIncident(run, 'mitigated', ({ mitigations }) => mitigations[0]?.succeeded === true);
      const { ledger, runs } = await harness.environmentStatus(world);
      expect(ledger.at(-1)).toMatchObject({ kind: 'restart', by: owner });
      expect(runs).toMatchObject({ digest });
      await endByWord(run);
    });
  });

  it('disables a path of traffic that the evidence speaks of; without a switch it says what there is', async () => {
    const trafficSwitches = { search: searchSwitch };
    const world = new World({ ...settings, trafficSwitches } as unknown as ConstructorParameters<typeof World>[0]);
    world.logEntries = [logEntry('tool call failed: provider search: timeout')];
    await harness.with(world, async (start) => {
      await release(start, world);
      const onset = new Date(Date.now() - 3_600_000).toISOString();
      const run = await openIncident(start, world, { category: 'toolFailures', onset });
      const { proposal } = await untilTriaged(run);
      expect(proposal).toMatchObject({ mitigation: { action: 'disableTraffic', switch: 'search' } });
      await say(run, 'mitigate');
      const { mitigations } = await untilIncident(
        run,
        'mitigated',
        (status) => status.mitigations[0]?.succeeded === true,
      );
      expect(mitigations[0]?.outcome).toContain('until a person enables them: ./slipway switch-traffic');
      expect((await harness.environmentStatus(world)).disabledTraffic).toMatchObject([{ switch: 'search' }]);
      expect(await refusalOf(say(run, 'mitigate', { action: 'disableTraffic', switch: 'uploads' }))).toBe(
        'there is no traffic switch uploads: search',
      );
      await endByWord(run);
    });
    const without = new World(settings);
    await harness.with(without, async (start) => {
      const run = await openIncident(start, without);
      await untilTriaged(run);
      expect(await refusalOf(say(run, 'mitigate', { action: 'disableTraffic' }))).toContain(
        'no traffic switch for staging (trafficSwitches of the catalog); what else there is: rollback, restart',
      );
      await endByWord(run);
    });
  });

  it('lives on when its rollback fails, and says why', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      const run = await openIncident(start, world);
      await untilTriaged(run);
      await say(run, 'mitigate', { to: 'c0000000000' });
      const { mitigations } = await untilIncident(
        run,
        'it failed',
        (status) => status.mitigations[0]?.succeeded === false,
      );
      expect(mitigations[0]?.outcome).toMatch(/c0000000000/);
      await say(run, 'resolve', { falseAlarm: true });
      await expect(run.result()).resolves.toMatchObject({
        outcome: `resolved by ${owner}: a false alarm`,
        mitigatedAt: null,
      });
    });
  });

  it('calls further people when nobody acknowledges, and no more after that', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      const run = await openIncident(start, world, { severity: 'SEV-1' });
      await untilIncident(run, 'escalated', ({ escalations }) => escalations > 0);
      await say(run, 'acknowledge');
      const { escalations } = await statusOfIncident(run);
      await new Promise((resolve) => setTimeout(resolve, 4_000));
      expect((await statusOfIncident(run)).escalations).toBe(escalations);
      await say(run, 'classify', { severity: 'SEV-3', category: 'streamCompletion' });
      const again = await untilIncident(run, 'looks of the category', ({ checklist }) => checklist.length > 0);
      expect(again).toMatchObject({ severity: 'SEV-3', category: 'streamCompletion' });
      await endByWord(run);
    });
  });

  it('calls further people although the worker is another one by then', async () => {
    const clocks = { ...quick, acknowledgeWithinMinutes: { 'SEV-1': 5, 'SEV-2': 5, 'SEV-3': 0.1 } };
    const world = new World({ ...settings, incidents: clocks } as unknown as typeof settings);
    await harness.with(world, async (start, replaceWorker) => {
      const run = await openIncident(start, world, { severity: 'SEV-3' });
      await untilTriaged(run);
      await replaceWorker();
      await untilIncident(run, 'escalated', ({ escalations }) => escalations > 0);
      await endByWord(run);
    });
  });

  it('opens although no source answers, and says of each that it did not', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      for (const method of ['health', 'observe', 'logs', 'alerts', 'readLedger'])
        for (let times = 0; times < 4; times += 1) world.failNext(method, 'Unknown', 'nobody is there');
      const run = await openIncident(start, world);
      const { evidence } = await untilTriaged(run);
      expect(evidence.filter(({ verdict }) => verdict === 'inconclusive').length).toBeGreaterThanOrEqual(4);
      await endByWord(run);
    });
  });

  it('refuses strangers, and what is not possible, and shows it', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      expect(
        await failureOf((await openIncident(start, world, { openedBy: 'nobody' })) as unknown as ChangeHandle),
      ).toMatchObject({ type: 'InvalidInput' });
      const run = await openIncident(start, world);
      await untilTriaged(run);
      expect(await refusalOf(say(run, 'mitigate', { by: developer }))).toContain('does not respond to incidents here');
      expect(await refusalOf(say(run, 'note', { text: 'x', item: 'nothing' }))).toContain(
        'the checklist has no item nothing',
      );
      expect(await refusalOf(say(run, 'mitigate', { action: 'deploy' }))).toContain('needs the commit');
      expect(await refusalOf(say(run, 'classify', {}))).toContain('give severity, category or both');
      expect((await statusOfIncident(run)).refused.count).toBe(4);
      await endByWord(run);
    });
  });

  it('has one fixed id for a cause, and another id is refused', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      const input = { service: world.service, environment: 'staging', title: 'no run starts', openedBy: owner };
      const run = await start('incident', input, `elsewhere-${world.service}`);
      expect(await failureOf(run)).toMatchObject({
        type: 'InvalidInput',
        message: expect.stringContaining('workflow id'),
      });
    });
  });
});

describe('an incident that an alert opens', () => {
  it('has its category and severity, joins later alerts, and counts what comes again', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      const first = episodeOf();
      fire(world, first);
      const run = await openByAlert(start, world, first);
      const status = await untilTriaged(run);
      expect(status).toMatchObject({ category: 'streamCompletion', onset: first.startsAt, severity: 'SEV-2' });
      expect(status.alerts).toMatchObject([{ confirmed: 'yes', told: 1 }]);
      await tellAlerts(run, first);
      const other = episodeOf({ fingerprint: 'b2', name: 'Other', severity: 'sev1' });
      fire(world, first, other);
      await tellAlerts(run, first, other);
      const joined = await untilIncident(run, 'joined', ({ alerts }) => alerts.length === 2);
      expect(joined.severity).toBe('SEV-1');
      expect(joined.alerts[0]?.told).toBe(3);
      // It ends, an old message of it arrives late, and then it fires again.
      const ended = { ...first, status: 'resolved' as const, endsAt: new Date().toISOString() };
      await tellAlerts(run, ended);
      await tellAlerts(run, first);
      expect((await statusOfIncident(run)).alerts[0]?.status).toBe('resolved');
      const again = episodeOf({ startsAt: new Date().toISOString() });
      fire(world, again);
      await tellAlerts(run, again);
      expect(await untilIncident(run, 'flapped', ({ flapped }) => flapped === 1)).toMatchObject({ flapped: 1 });
      await say(run, 'resolve');
      const { waitingFor } = await untilIncident(run, 'not over', ({ phase }) => phase === 'verifying');
      expect(waitingFor?.what).toContain('it is still there: alerts: 1 alert fires');
      fire(world);
      await expect(run.result()).resolves.toMatchObject({ severity: 'SEV-1' });
    });
  });

  it('ends at once if Alertmanager does not know the alert, and a forged one joins nothing', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      const forged = await openByAlert(start, world, episodeOf());
      expect(await failureOf(forged as unknown as ChangeHandle)).toMatchObject({ type: 'Rejected' });
      const known = episodeOf();
      fire(world, known);
      const run = await openByAlert(start, world, known);
      await untilTriaged(run);
      expect(await refusalOf(tellAlerts(run, episodeOf({ fingerprint: 'ff', severity: 'sev1' })))).toContain(
        'does not know',
      );
      expect(await statusOfIncident(run)).toMatchObject({ severity: 'SEV-2', alerts: [{ fingerprint: 'a1' }] });
      await endByWord(run);
    });
  });

  it('opens while Alertmanager cannot be asked, and says that nobody bore it out', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      for (let times = 0; times < 8; times += 1) world.failNext('alerts', 'Unknown', 'connection refused');
      const run = await openByAlert(start, world, episodeOf());
      const { alerts } = await untilTriaged(run);
      expect(alerts).toMatchObject([{ confirmed: 'unknown' }]);
      await endByWord(run);
    });
  });
});
