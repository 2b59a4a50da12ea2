import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Look } from '../../contract/incident/look.ts';
import { utcMoment } from '../../contract/utc-moment.ts';
import { logEntry, World } from '../workflows/world.ts';
import { lookAt, since, structured, until } from './look-world.ts';

const alert = {
  fingerprint: 'ab12',
  startsAt: '2026-03-01T10:01:00.000Z',
  name: 'OpenAgentsRuntimeLeaseStealsHigh',
  severity: 'sev2',
  summary: '20 % of the leases are stolen',
  suppressed: false,
};

describe('the look at alerts', () => {
  it('says what fires for service and environment, and since when', async () => {
    const world = new World();
    const asked: unknown[] = [];
    const later = { ...alert, startsAt: '2026-03-01T10:03:00.000Z', name: 'Other', suppressed: true };
    const find = async (query: unknown) => {
      asked.push(query);
      return [later, alert];
    };
    const evidence = await lookAt(
      { kind: 'alerts' },
      { world, ports: { alerts: { find, startedAt: async () => '', pageOf: () => 'http://am/' } } },
    );
    expect(asked).toEqual([{ services: [world.service, 'service'], environment: 'staging' }]);
    expect(evidence).toMatchObject({
      name: 'alerts',
      verdict: 'fail',
      reason: `2 alerts fire, first since ${utcMoment(alert.startsAt)}`,
      source: 'Alertmanager',
      link: 'http://am/',
      window: null,
      count: 2,
      lines: [
        `OpenAgentsRuntimeLeaseStealsHigh since ${utcMoment(alert.startsAt)} (sev2): 20 % of the leases are stolen`,
        `Other since ${utcMoment(later.startsAt)} (sev2) (silenced): 20 % of the leases are stolen`,
      ],
    });
  });

  it('passes when none fires', async () => {
    expect(await lookAt({ kind: 'alerts' })).toMatchObject({ verdict: 'pass', reason: 'no alert fires', count: 0 });
  });
});

describe('the look at health', () => {
  it('has a line for each check of the platform', async () => {
    const world = new World();
    world.checks = [
      { name: 'pods', verdict: 'pass', reason: '2 of 2 pods are ready' },
      { name: 'restarts', verdict: 'fail', reason: 'pod app-0: 7 restarts' },
    ];
    expect(await lookAt({ kind: 'health' }, { world })).toMatchObject({
      verdict: 'fail',
      source: 'Cloud Run',
      reason: 'restarts failed: pod app-0: 7 restarts',
      count: 1,
      lines: ['pass pods: 2 of 2 pods are ready', 'fail restarts: pod app-0: 7 restarts'],
    });
  });
});

describe('the look at metrics', () => {
  const look: Look = {
    kind: 'metric',
    name: 'outcomes',
    query: 'sum by (outcome) (increase(x{service="{service}",environment="{environment}"}[{window}]))',
  };
  const metrics = (values: [string, number][]) => {
    const asked: string[] = [];
    const series = async (_address: string | undefined, promql: string, at: string) => {
      asked.push(`${promql} at ${at}`);
      return values.map(([outcome, value]) => ({ labels: { __name__: 'x', outcome }, value }));
    };
    const pageOf = (_address: string | undefined, promql: string) => `http://prometheus/${promql.length}`;
    const others = { query: async () => [], range: async () => [], isKnown: () => true, refusalOf: async () => null };
    return { asked, port: { series, pageOf, ...others } };
  };

  it('reads the values by series at the end of the window, largest first', async () => {
    const world = new World();
    const { asked, port } = metrics([
      ['completed', 3],
      ['tail_timeout', 40.123456],
    ]);
    const evidence = await lookAt(look, { world, ports: { metrics: port } });
    const query = `sum by (outcome) (increase(x{service="${world.service}",environment="staging"}[900s]))`;
    expect(asked).toEqual([`${query} at ${until}`]);
    expect(evidence).toMatchObject({
      name: 'outcomes',
      verdict: 'pass',
      query,
      link: `http://prometheus/${query.length}`,
      window: { since, until },
      count: 2,
      lines: ['40.12 outcome=tail_timeout', '3 outcome=completed'],
      reason: '40.12 outcome=tail_timeout, 3 outcome=completed',
    });
  });

  it('has at most twelve lines', async () => {
    const { port } = metrics(Array.from({ length: 30 }, (_, index) => [`o${index}`, index]));
    const evidence = await lookAt(look, { ports: { metrics: port } });
    expect(evidence).toMatchObject({ count: 30, reason: expect.stringMatching(/, and 27 more$/) });
    expect(evidence.lines).toHaveLength(12);
  });

  it('takes a share of nothing for no number', async () => {
    const nothing = await lookAt(look, { ports: { metrics: metrics([['', NaN]]).port } });
    expect(nothing).toMatchObject({ verdict: 'inconclusive', reason: expect.stringContaining('nothing was counted') });
    const some = metrics([
      ['a', NaN],
      ['b', 2],
    ]);
    expect(await lookAt(look, { ports: { metrics: some.port } })).toMatchObject({ count: 1, lines: ['2 outcome=b'] });
  });

  it('takes no series for no zero', async () => {
    expect(await lookAt(look, { ports: { metrics: metrics([]).port } })).toMatchObject({ verdict: 'inconclusive' });
  });
});

describe('a source that does not answer', () => {
  afterEach(() => void vi.useRealTimers());

  const looks: Look[] = [
    { kind: 'alerts' },
    { kind: 'health' },
    { kind: 'logs', name: 'streams', word: 'stream', by: ['outcome'] },
    { kind: 'ids' },
  ];
  const methodOf: Record<string, string> = { alerts: 'alerts', health: 'health', logs: 'logs', ids: 'logs' };

  it.each(looks)('is inconclusive after eight seconds: $kind', async (look) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const world = new World();
    world.holdNext(methodOf[look.kind] ?? '');
    const looking = lookAt(look, { world });
    await vi.advanceTimersByTimeAsync(8_000);
    expect(await looking).toMatchObject({
      verdict: 'inconclusive',
      reason: 'no answer: did not answer within 8 s',
      count: null,
      lines: [],
    });
  });

  it.each(looks)('is inconclusive when it refuses: $kind', async (look) => {
    const world = new World();
    world.failNext(methodOf[look.kind] ?? '', 'Denied', 'permission denied');
    const evidence = await lookAt(look, { world });
    expect(evidence).toMatchObject({ verdict: 'inconclusive', reason: 'no answer: permission denied' });
  });

  it('is not asked again and again, and its question stays', async () => {
    let calls = 0;
    const read = async () => {
      calls += 1;
      throw ApplicationFailure.create({ type: 'Unavailable', message: 'try later' });
    };
    const look: Look = { kind: 'logs', name: 'streams', word: 'stream', by: [] };
    const evidence = await lookAt(look, { ports: { logs: { read, refusalOf: async () => null } } });
    expect(evidence).toMatchObject({
      verdict: 'inconclusive',
      reason: 'no answer: try later',
      source: 'Cloud Logging',
    });
    expect(evidence.query).toContain('"stream"');
    expect(calls).toBe(1);
  });

  it('is given up when the incident is cancelled', async () => {
    const world = new World();
    world.holdNext('health');
    const environment = new MockActivityEnvironment();
    const looking = lookAt({ kind: 'health' }, { world, environment });
    environment.cancel();
    await expect(looking).rejects.toThrow(/cancel/i);
  });
});

describe('secrets in what is found', () => {
  const look: Look = { kind: 'logs', name: 'streams', word: 'stream', by: ['outcome'] };
  const shown = async (text: string) => {
    const world = new World({ secrets: { DATABASE_URL: { secret: 'database-url', version: 'latest' } } });
    world.logEntries = [logEntry(text)];
    return (await lookAt(look, { world })).lines.join('\n');
  };

  it("hides the values of the service's secrets", async () => {
    expect(await shown('stream: connect with value of database-url')).toMatch(/connect with \[secret\]$/);
    const encoded = Buffer.from('value of database-url').toString('base64');
    expect(await shown(`stream: connect with ${encoded}`)).toMatch(/connect with \[secret\]$/);
  });

  it.each([
    ['postgres://runtime:hunter2@db:5432/runtime', 'postgres://runtime:[secret]@db:5432/runtime'],
    ['Authorization: Bearer abcdefgh12345678', 'Authorization: Bearer [secret]'],
    ['password=hunter2 for stream', 'password=[secret] for stream'],
    ['{"SECRET_KEY_BASE":"hunter22"}', '{"SECRET_KEY_BASE":"[secret]"}'],
    ['x-agent-api-key: 0123456789abcdef', 'x-agent-api-key: [secret]'],
    ['jwt eyJhbGciOi.eyJzdWIiOi.c2lnbmF0', 'jwt [secret]'],
  ])('hides what looks like a credential: %s', async (text, safe) => {
    expect(await shown(text)).toContain(safe);
  });

  it.each([
    'rejected: missing_token',
    'token: expired',
    'token_count=12',
    'token mint failed: signing_key_unavailable',
  ])('leaves prose alone: %s', async (text) => {
    expect(await shown(text)).toContain(text);
  });

  it('goes on without a secret that it may not read', async () => {
    const world = new World({ secrets: { DATABASE_URL: { secret: 'database-url', version: 'latest' } } });
    world.logEntries = [structured('INFO', 'stream ended', { outcome: 'completed' })];
    const { secrets } = world.ports({} as never, {} as never);
    const read = () => Promise.reject(new Error('denied'));
    const evidence = await lookAt(look, { world, ports: { secrets: { ...secrets, read } } });
    expect(evidence.lines).toEqual(['1 × outcome=completed | stream ended']);
  });

  it('keeps each line short and printable', async () => {
    const line = await shown(`stream \u001b[31mred\u0007 ${'x'.repeat(900)}`);
    expect(line).toHaveLength(300);
    expect(line).not.toMatch(/\p{Cc}/u);
  });
});
