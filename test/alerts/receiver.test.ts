import { describe, expect, it } from 'vitest';
import type { FindRest } from '../../client/alerts/alertmanager.ts';
import type { Delivered } from '../../client/alerts/deliver.ts';
import type { Delivery } from '../../client/alerts/delivery-queue.ts';
import { createReceiver } from '../../client/alerts/receiver.ts';
import type { CatalogAnswer } from '../../client/alerts/sort-alerts.ts';
import { eventually } from '../until.ts';
import { alertOf, bodyOf, resolved, type Alert } from './webhook.ts';

/** A receiver whose Temporal is this test: each delivery waits until the test lets it go, or fails it. */
function world({ findRest = null, catalog = 'known' }: { findRest?: FindRest | null; catalog?: CatalogAnswer } = {}) {
  const deliveries: (Delivery & { store(): void; fail(): void })[] = [];
  const events = { failed: [] as string[], undeliverable: [] as string[] };
  const receiver = createReceiver({
    deliver: async (delivery) =>
      new Promise<Delivered>((resolve, reject) =>
        deliveries.push({
          ...delivery,
          store: () => resolve('signalled'),
          fail: () => reject(new Error('Temporal: away (UNAVAILABLE)')),
        }),
      ),
    catalog: async () => () => catalog,
    findRest,
    events: {
      delivered: () => undefined,
      failed: (what) => void events.failed.push(what),
      undeliverable: ({ alert, why }) => void events.undeliverable.push(`${alert}: ${why}`),
    },
  });
  const receive = (...alerts: unknown[]) => receiver.receive(JSON.stringify(bodyOf(alerts)));
  const delivery = async (index: number) => eventually(`delivery ${index}`, async () => deliveries[index], 2_000, 5);
  return { receiver, receive, deliveries, delivery, events };
}
const told = ({ opens, episodes }: Delivery) => [opens, ...episodes.map(({ name, status }) => `${name} ${status}`)];
const a = alertOf('HighLatency', { pod: 'a' });
const b = alertOf('HighLatency', { pod: 'b' });

describe('a receiver', () => {
  it('answers 200 only once Temporal has stored the alerts', async () => {
    const { receive, delivery } = world();
    let answered = false;
    const answer = receive(a).finally(() => (answered = true));
    const first = await delivery(0);
    expect(answered).toBe(false);
    first.store();
    expect(await answer).toMatchObject({
      status: 200,
      body: { incidents: [{ id: 'incident/shop/production/high-latency', firing: 1, resolved: 0 }] },
    });
  });

  it('answers 503 when Temporal could not, and 503 within a second when it does not answer', async () => {
    const { receive, delivery, receiver, events } = world();
    const refused = receive(a);
    (await delivery(0)).fail();
    expect(await refused).toEqual({ status: 503, body: { error: 'Temporal: away (UNAVAILABLE)' } });
    const begin = performance.now();
    expect(await receive(b)).toEqual({ status: 503, body: { error: 'not stored within 900 ms' } });
    expect(performance.now() - begin).toBeLessThan(1_000);
    expect(events.failed).toHaveLength(2);
    expect(receiver.health()).toMatchObject({ underWay: 1, deliveries: 0, problem: { what: expect.any(String) } });
  });

  it('sends what is new while a delivery is under way in one message, each state of an episode once', async () => {
    const { receive, deliveries, delivery } = world();
    const first = receive(a);
    await delivery(0);
    const others = [receive(a, b), receive(b), receive(a), receive(resolved(b))];
    await Promise.resolve();
    (await delivery(0)).store();
    (await delivery(1)).store();
    expect((await Promise.all([first, ...others])).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(deliveries.map(told)).toEqual([
      [true, 'HighLatency firing'],
      [true, 'HighLatency firing', 'HighLatency resolved'],
    ]);
  });

  it('opens nothing for alerts that have ended, nor for a late "firing" of one that has', async () => {
    const { receive, deliveries, delivery } = world();
    const turn = async (index: number, ...alerts: unknown[]) => {
      const answer = receive(...alerts);
      (await delivery(index)).store();
      return (await answer).status;
    };
    expect(await turn(0, a)).toBe(200);
    expect(await turn(1, resolved(a))).toBe(200);
    expect(await turn(2, a)).toBe(200);
    expect(await turn(3, a, b)).toBe(200);
    expect(await turn(4, { ...a, startsAt: '2026-03-01T20:00:00Z' })).toBe(200);
    expect(deliveries.map(({ opens }) => opens)).toEqual([true, false, false, true, true]);
  });

  it('does not send again what it has stored of a request that failed, so that a storm comes to its end', async () => {
    const { receive, deliveries, delivery } = world();
    const other = alertOf('DiskFull');
    const first = receive(a, other);
    (await delivery(0)).store();
    (await delivery(1)).fail();
    expect((await first).status).toBe(503);
    const second = receive(a, other);
    (await delivery(2)).store();
    expect((await second).status).toBe(200);
    expect(deliveries.map(({ id }) => id.split('/')[3])).toEqual(['high-latency', 'disk-full', 'disk-full']);
  });

  it('sends a repeat of what was answered with 200: the incident knows whether it is news', async () => {
    const { receive, deliveries, delivery } = world();
    for (const index of [0, 1]) {
      const answer = receive(a);
      (await delivery(index)).store();
      expect((await answer).status).toBe(200);
    }
    expect(deliveries.map(told)).toEqual([told(deliveries[0]!), told(deliveries[0]!)]);
  });

  it('counts what nobody can deliver, tells of it once, and shows it as long as it runs', async () => {
    const { receive, receiver, events } = world({ catalog: 'unknown' });
    for (const alert of [a, b, a]) expect((await receive(alert)).status).toBe(200);
    expect(events.undeliverable).toEqual([
      expect.stringContaining('HighLatency: the catalog does not know service shop'),
    ]);
    expect(receiver.health().undeliverable).toEqual({
      count: 3,
      kinds: [expect.objectContaining({ alert: 'HighLatency', count: 3, first: expect.any(String) })],
    });
  });

  it('keeps a hundred kinds of what nobody can deliver, and counts all', async () => {
    const { receive, receiver } = world({ catalog: 'unknown' });
    await receive(...Array.from({ length: 150 }, (_, index) => alertOf(`Alert${index}`)));
    const { count, kinds } = receiver.health().undeliverable;
    expect([count, kinds.length, kinds[0]?.alert]).toEqual([150, 100, 'Alert149']);
  });

  it('answers 503 while nobody can tell whether the catalog knows the service', async () => {
    const { receive } = world({ catalog: 'undecided' });
    expect(await receive(a)).toEqual({ status: 503, body: { error: expect.stringContaining('cannot be read') } });
  });
});

describe('a list that Alertmanager has cut', () => {
  /** As the API writes it. */
  const inMilliseconds = (alert: Alert) => ({ ...alert, startsAt: alert.startsAt.replace(/\d{6}Z$/, 'Z') });
  const cut = JSON.stringify(bodyOf([a], { truncatedAlerts: 1 }));

  it('is completed without what it has already', async () => {
    const { receiver, delivery, deliveries } = world({ findRest: async () => [inMilliseconds(a), inMilliseconds(b)] });
    const answer = receiver.receive(cut);
    (await delivery(0)).store();
    (await delivery(1)).store();
    expect((await answer).status).toBe(200);
    const fingerprints = deliveries.flatMap(({ episodes }) => episodes.map(({ fingerprint }) => fingerprint));
    expect(fingerprints.sort()).toEqual([a.fingerprint, b.fingerprint].sort());
  });

  it.each<[what: string, findRest: FindRest | null]>([
    ['Alertmanager does not answer', async () => Promise.reject(new Error('connect ECONNREFUSED'))],
    ['none is configured', null],
  ])('is delivered as it is where %s, and answered with 503, so that it comes again', async (_what, findRest) => {
    const { receiver, delivery, deliveries } = world({ findRest });
    const answer = receiver.receive(cut);
    (await delivery(0)).store();
    expect(await answer).toMatchObject({ status: 503, body: { error: expect.stringContaining('cut by 1 alerts') } });
    expect(deliveries.map(told)).toEqual([[true, 'HighLatency firing']]);
  });
});
