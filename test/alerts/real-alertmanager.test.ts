import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { alertmanager } from '../../sandbox/servers/alertmanager.ts';
import { ServerMissing } from '../../sandbox/servers/missing.ts';
import { obtain } from '../../sandbox/servers/obtain.ts';
import { freePort } from '../sandbox/postgres.ts';
import { eventually } from '../until.ts';
import { startAlertmanager, type AlertmanagerProcess, type Route } from './alertmanager-process.ts';
import { openGate, type Gate } from './gate.ts';
import { createFolder, startReceiver, type Folder, type ReceiverProcess } from './receiver-process.ts';
import { startTemporal, type Temporal } from './temporal.ts';
import { alertOf, resolved, type Alert } from './webhook.ts';

/** The receiver is away for so long: ten minutes with SLIPWAY_LONG=1. */
const awayMs = process.env['SLIPWAY_LONG'] === undefined ? 12_000 : 600_000;
/** Tries of Alertmanager at a receiver that is away for so long, at the least: its gaps grow to a minute. */
const triesAway = process.env['SLIPWAY_LONG'] === undefined ? 3 : 20;

/** Built where no cache has it, which takes minutes; where that is impossible there is nothing to test with. */
const impossible = await obtain(alertmanager, () => undefined).then(
  () => undefined,
  (error: unknown) => {
    if (error instanceof ServerMissing) return error.message;
    throw error;
  },
);
if (impossible) process.stderr.write(`the receiver is not tested with a real Alertmanager: ${impossible}\n`);

const incidentOf = (cause: string) => `incident/shop/production/${cause}`;
/** Makes alerts that began just now: for an older one Alertmanager waits for no group. */
const podsOf = (alertname: string, ...pods: string[]): Alert[] => {
  const startsAt = new Date().toISOString();
  return pods.map((pod) => alertOf(alertname, { pod }, { annotations: { summary: `pod ${pod}` }, startsAt }));
};

describe.skipIf(impossible !== undefined)('a real Alertmanager', () => {
  let temporal: Temporal;
  let folder: Folder;
  let receiver: ReceiverProcess;
  let gate: Gate;
  let manager: AlertmanagerProcess;
  const started: { close(): Promise<void> | void }[] = [];

  beforeAll(async () => {
    [temporal, folder] = await Promise.all([startTemporal(), createFolder()]);
    receiver = await startReceiver(folder, temporal.address, '--port', String(await freePort()));
  });
  afterAll(async () => {
    await receiver.kill('SIGTERM');
    await Promise.all([temporal.close(), folder.remove()]);
  });
  beforeEach(async () => {
    gate = await openGate();
    gate.target = receiver.url;
  });
  afterEach(async () => {
    for (const one of started.splice(0)) await one.close();
    gate.close();
  });

  const begin = async (route: Partial<Route> = {}, peers: string[] | null = null): Promise<AlertmanagerProcess> => {
    manager = await startAlertmanager({ webhook: gate.url, ...route }, peers);
    started.push(manager);
    return manager;
  };
  const restartReceiver = async (...flags: string[]) => {
    const { port } = new URL(receiver.url);
    await receiver.kill('SIGKILL');
    receiver = await startReceiver(folder, temporal.address, '--port', port, ...flags);
  };
  const taken = () => gate.tries.filter(({ status }) => status === 200);
  const untilTaken = (count: number) =>
    eventually(
      () => `${count} bodies taken of ${gate.tries.length}`,
      async () => taken().length >= count,
      40_000,
    );
  /** Waits until an incident knows exactly these pods, and answers it. It is the only one of its cause. */
  const untilKnown = async (cause: string, ...pods: string[]) => {
    const incident = await eventually(
      `${cause} knows ${pods.join()}`,
      async () => {
        const found = await temporal.incident(incidentOf(cause));
        const seen = new Set(found?.messages.flat().map(({ summary }) => summary.replace('pod ', '')));
        return seen.size === pods.length && pods.every((pod) => seen.has(pod)) && found;
      },
      30_000,
    );
    expect(await temporal.runsOf(incidentOf(cause))).toBe(1);
    expect(incident.status).toBe('RUNNING');
    return incident;
  };
  const reasons = () => new Set(gate.tries.map(({ body }) => body.notification_reason));

  it('opens one incident for each cause, and its repeats change nothing', async () => {
    await begin({ groupBy: ['service'], repeatInterval: '2s' });
    await manager.tell(...podsOf('RepeatA', 'a', 'b'), ...podsOf('RepeatB', 'c'));
    await untilTaken(3);
    await untilKnown('repeat-a', 'a', 'b');
    const { messages } = await untilKnown('repeat-b', 'c');
    expect(new Set(messages.flat().map(({ startsAt, fingerprint }) => `${fingerprint} ${startsAt}`)).size).toBe(1);
    expect(reasons()).toEqual(new Set(['first notification', 'repeat interval elapsed']));
  });

  it(
    'finds its receiver again, and opens one incident for what was tried meanwhile',
    async () => {
      await begin();
      await receiver.kill('SIGKILL');
      const away = Date.now();
      await manager.tell(...podsOf('Away', 'a', 'b'));
      await eventually(
        'it was tried',
        async () => gate.tries.length >= triesAway && Date.now() - away >= awayMs,
        2 * awayMs,
        500,
      );
      expect(taken()).toEqual([]);
      expect(await temporal.runsOf(incidentOf('away'))).toBe(0);
      await restartReceiver();
      await untilTaken(1);
      const incident = await untilKnown('away', 'a', 'b');
      expect(incident.messages.flat()).toHaveLength(2);
      expect((await receiver.health()).alerts).toEqual({ firing: 2, resolved: 0 });
      process.stderr.write(
        `tried ${gate.tries.length - 1} times while its receiver was away for ${awayMs / 1_000} s\n`,
      );
    },
    2 * awayMs + 60_000,
  );

  it('loses nothing when its receiver is killed in the middle of a body', async () => {
    await begin();
    gate.passage = 'halfBody';
    gate.atReceiver = async () => {
      // The next try finds nobody until another receiver listens.
      gate.passage = 'pass';
      await receiver.kill('SIGKILL');
    };
    const pods = Array.from({ length: 300 }, (_, index) => `p${index}`);
    await manager.tell(...podsOf('HalfBody', ...pods));
    await eventually('it was killed', async () => gate.tries.length > 0);
    expect(gate.tries[0]?.status).toBe(null);
    expect(await temporal.runsOf(incidentOf('half-body'))).toBe(0);
    await restartReceiver();
    await untilTaken(1);
    const { messages } = await untilKnown('half-body', ...pods);
    expect(messages.flat()).toHaveLength(pods.length);
  });

  it('tells nothing twice when its receiver is killed before it has answered', async () => {
    await begin();
    gate.passage = 'noAnswer';
    gate.atReceiver = async () => {
      gate.passage = 'pass';
      await receiver.kill('SIGKILL');
    };
    await manager.tell(...podsOf('NoAnswer', 'a'));
    const first = await untilKnown('no-answer', 'a');
    await restartReceiver();
    await untilTaken(1);
    const { runId, messages } = await untilKnown('no-answer', 'a');
    expect(runId).toBe(first.runId);
    // The second message has the same episode: the incident counts it and does nothing.
    expect(new Set(messages.flat().map(({ fingerprint, startsAt }) => `${fingerprint} ${startsAt}`)).size).toBe(1);
  });

  it('sends again at the next interval what was refused for its token', async () => {
    await begin({ groupInterval: '3s' });
    gate.passage = 'refuse';
    await manager.tell(...podsOf('WrongToken', 'a'));
    await eventually('refused twice', async () => gate.tries.length >= 2, 30_000);
    const [first, second] = gate.tries;
    expect([first?.status, second?.status]).toEqual([401, 401]);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(2_000);
    expect(await temporal.runsOf(incidentOf('wrong-token'))).toBe(0);
    gate.passage = 'pass';
    await untilTaken(1);
    await untilKnown('wrong-token', 'a');
  });

  it('says nothing of an alert that ends before its group has waited', async () => {
    await begin({ groupWait: '3s' });
    const short = podsOf('Short', 'a');
    await manager.tell(...short);
    await manager.tell(...short.map((alert) => ({ ...resolved(alert), endsAt: new Date().toISOString() })));
    await manager.tell(...podsOf('Marker', 'a'));
    await untilTaken(1);
    await untilKnown('marker', 'a');
    expect(gate.tries.map(({ body }) => body.alerts.map(({ labels }) => labels['alertname']))).toEqual([['Marker']]);
    expect(await temporal.runsOf(incidentOf('short'))).toBe(0);
  });

  it('opens nothing anew and ends nothing by a reload that moves the route', async () => {
    await begin();
    await manager.tell(...podsOf('Moved', 'a', 'b'));
    await untilTaken(1);
    const first = await untilKnown('moved', 'a', 'b');
    await manager.reload({ webhook: gate.url, matchers: ['service=~".+"', 'environment=~".+"'] });
    await untilTaken(2);
    const [before, after] = taken();
    expect(after?.body.groupKey).not.toBe(before?.body.groupKey);
    await manager.tell(...podsOf('Moved', 'c'));
    const last = await untilKnown('moved', 'a', 'b', 'c');
    expect(last.runId).toBe(first.runId);
    expect(last.messages.flat().every(({ status }) => status === 'firing')).toBe(true);
  });

  it('has its cut list completed from its API', async () => {
    await begin({ maxAlerts: 1 });
    await restartReceiver('--alertmanager', manager.url);
    await manager.tell(...podsOf('CutShort', 'a', 'b', 'c'));
    await untilTaken(1);
    expect(taken()[0]?.body).toMatchObject({ truncatedAlerts: 2, alerts: [{ status: 'firing' }] });
    await untilKnown('cut-short', 'a', 'b', 'c');
    expect((await receiver.health()).undeliverable.count).toBe(0);
  });

  it('ends nothing when it is killed and has forgotten its alerts', async () => {
    await begin();
    const [a, b] = podsOf('Forgotten', 'a', 'b') as [Alert, Alert];
    await manager.tell(a);
    await untilTaken(1);
    const first = await untilKnown('forgotten', 'a');
    await manager.restart();
    // As Prometheus does, it tells again what fires; with it comes another one, whose message shows that all was sent.
    await manager.tell(a, b);
    const last = await untilKnown('forgotten', 'a', 'b');
    expect(last.runId).toBe(first.runId);
    expect(last.messages.flat().every(({ status }) => status === 'firing')).toBe(true);
  });

  it('that is a pair opens one incident after an outage', async () => {
    const one = await begin({}, []);
    const other = await begin({}, [one.clusterAddress]);
    await eventually(
      'they see each other',
      async () => (await one.peers()) === 2 && (await other.peers()) === 2,
      20_000,
    );
    gate.passage = 'closed';
    const pods = podsOf('Pair', 'a', 'b');
    await Promise.all([one, other].map((peer) => peer.tell(...pods)));
    // The second peer waits for the first one, and tries then, too. When it hears in time that the other one has got
    // through, it sends nothing; that every peer sends is in server.test.ts.
    const senders = () => new Set(gate.tries.map(({ body }) => body.externalURL));
    await eventually('both try', async () => senders().size === 2, 30_000);
    gate.passage = 'pass';
    await untilTaken(1);
    const { messages } = await untilKnown('pair', 'a', 'b');
    expect(messages.length).toBeLessThanOrEqual(2);
  });
});
