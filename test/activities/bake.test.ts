import { MockActivityEnvironment } from '@temporalio/testing';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBakeActivities } from '../../activities/bake.ts';
import type { ToldProgress } from '../../contract/told-progress.ts';
import { progressText } from '../../client/view/progress.ts';
import { createMigrationLogActivities } from '../../activities/migration-log.ts';
import type { LogEntry, LogQuery, Logs } from '../../activities/ports/platform.ts';
import type { ExecutionLog, RequestsQuery, Target } from '../../activities/ports/target.ts';
import { smokeGate } from '../../contract/catalog/gates.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import { asEveryKind } from '../workflows/fake-platform.ts';
import { artifactOf, commits, logEntry, World } from '../workflows/world.ts';

const shiftedAt = new Date(Date.now() - 60_000).toISOString();

interface Answers {
  /** Requests of our own and of users that the request log has. */
  ours?: number;
  users?: number;
  /** False if the platform keeps no request log. */
  hasRequestLog?: boolean;
  /** Entries of the catalog's filter before and since the shift. */
  before?: LogEntry[];
  since?: LogEntry[];
}

/** Ports whose logs answer by what they are asked for. */
function portsWith(world: World, { ours = 0, users = 0, hasRequestLog = true, before = [], since = [] }: Answers) {
  const ports = world.ports({} as never, {} as never);
  const queries: (LogQuery | RequestsQuery)[] = [];
  const logs: Logs = {
    read: async (_target, query, limit) => {
      queries.push(query);
      return (query.since === shiftedAt ? since : before).slice(0, limit);
    },
    refusalOf: async () => null,
  };
  const requestsServed: Target['requestsServed'] = async (_place, query) => {
    queries.push(query);
    return hasRequestLog ? Math.min('is' in query.userAgent ? ours : users, query.limit) : null;
  };
  return {
    queries,
    ports: { ...ports, logs, targets: asEveryKind({ ...world.target(), requestsServed }) },
  };
}

const entries = (count: number) => Array.from({ length: count }, (_, index) => logEntry(`entry ${index}`));

describe('the bake', () => {
  let server: Server;
  let url: string;
  beforeAll(async () => {
    server = createServer((_request, response) => response.end('{}'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  const gate = { name: 'errors', filter: 'severity>=ERROR', freshnessMinutes: 10, limit: 50 };
  const entryOf = (minRequests: number, seconds: number, smoke?: CatalogEntry['settings']['smoke']): CatalogEntry =>
    new World({
      ...(smoke && { smoke }),
      logs: [gate],
      bake: { seconds, everySeconds: 1, minRequests, logsArriveWithinSeconds: 1 },
    }).entry;
  const bake = async (
    answers: Answers,
    minRequests = 1,
    {
      seconds = 0,
      hear = () => undefined,
      scheduledMs = Date.now(),
      smoke,
      address = url,
    }: {
      seconds?: number;
      hear?: (heartbeat: unknown) => void;
      scheduledMs?: number;
      smoke?: CatalogEntry['settings']['smoke'];
      address?: string;
    } = {},
  ) => {
    const { ports, queries } = portsWith(new World(), answers);
    const request = {
      entry: entryOf(minRequests, seconds, smoke),
      artifact: artifactOf(commits.good),
      change: 'c1',
      revision: 'service-2',
      previous: 'service-1',
      url: address,
      shiftedAt,
      beganAt: new Date(scheduledMs).toISOString(),
      attemptKey: 'bake1',
    };
    const { bake: activity } = createBakeActivities(ports);
    const environment = new MockActivityEnvironment({ currentAttemptScheduledTimestampMs: scheduledMs });
    environment.on('heartbeat', hear);
    const result: Awaited<ReturnType<typeof activity>> = await environment.run(activity, request);
    return { ...result, queries };
  };

  it('passes when nothing new is logged, our own request was found and users were served', async () => {
    expect((await bake({ ours: 1, users: 3 })).verdict).toBe('pass');
  });

  it('tells meanwhile how long it lasts, how long yet, and what was seen: progress has these words', async () => {
    const told: unknown[] = [];
    await bake({ ours: 1, users: 3 }, 1, { seconds: 2, hear: (heartbeat) => told.push(heartbeat) });
    const seen = [expect.stringMatching(/^errors: 0 new entries/)];
    expect(told[0]).toEqual({ baking: 'service-2', of: 2, secondsLeft: expect.toSatisfy((left) => left <= 2), seen });
    expect(progressText(told[0] as ToldProgress)).toMatch(/^[012] of 2 s; errors: 0 new entries/);
  });

  it.each([
    ['ahead of', -3_600_000],
    ['behind', 3_600_000],
  ])('lasts as long as the catalog says where the clock of the worker is an hour %s the server', async (_, ms) => {
    const scheduledMs = Date.now() + ms;
    const began = performance.now();
    const { queries } = await bake({ ours: 1, users: 3 }, 1, { seconds: 2, scheduledMs });
    const lasted = performance.now() - began;
    expect(lasted).toBeGreaterThan(1_900);
    expect(lasted).toBeLessThan(10_000);
    // What is counted ends at the server's time, too.
    const until = queries.flatMap((query) => ('until' in query && query.since === shiftedAt ? [query.until] : []));
    expect(Math.abs(Date.parse(until[0] ?? '') - scheduledMs)).toBeLessThan(5_000);
  });

  it('fails on a new error', async () => {
    const { verdict, gates } = await bake({ ours: 1, users: 3, since: entries(1) });
    expect(verdict).toBe('fail');
    expect(gates[0]?.reason).toContain('1 new entries since the shift; none expected');
  });

  it('allows what the window before the shift had', async () => {
    expect((await bake({ ours: 1, users: 3, before: entries(20), since: entries(2) })).verdict).toBe('pass');
    expect((await bake({ ours: 1, users: 3, before: entries(20), since: entries(4) })).verdict).toBe('fail');
  });

  it('counts what was written before the shift once, however often it looks', async () => {
    const { verdict, queries } = await bake({ ours: 1, users: 3, before: entries(5) }, 1, { seconds: 2 });
    expect(verdict).toBe('pass');
    const times = queries.filter((query) => 'filter' in query).map(({ since }) => since);
    expect(times.filter((since) => since === shiftedAt).length).toBeGreaterThanOrEqual(3);
    expect(times.filter((since) => since !== shiftedAt)).toHaveLength(1);
  });

  it('counts it again before it fails: an entry may have arrived late', async () => {
    const before = entries(20);
    const late = before.splice(0);
    const since: LogEntry[] = [];
    const hear = () => {
      before.push(...late.splice(0));
      if (since.length === 0) since.push(...entries(2));
    };
    const { verdict, gates } = await bake({ ours: 1, users: 3, before, since }, 1, { seconds: 3, hear });
    expect(gates[0]?.reason).toContain('(20 in the 10 minutes before)');
    expect(verdict).toBe('pass');
  });

  it('asks by the address of a check where the service has none of its own', async () => {
    const health = { name: 'health', path: '/healthz' };
    const at = { ...health, at: url, hosts: [new URL(url).host] };
    expect((await bake({ ours: 1, users: 3 }, 1, { smoke: [smokeGate.parse(at)], address: '' })).verdict).toBe('pass');
    const { gates } = await bake({ ours: 1, users: 3 }, 1, { smoke: [smokeGate.parse(health)], address: '' });
    expect(gates.find(({ name }) => name === 'log-arrival')).toMatchObject({
      verdict: 'inconclusive',
      reason: expect.stringContaining('no smoke check says where the service could be called'),
    });
  });

  it('is inconclusive when our own request never appears: an empty log proves nothing', async () => {
    expect((await bake({ users: 3 })).verdict).toBe('inconclusive');
  });

  it('is inconclusive when nobody used the service, unless that is said to be fine', async () => {
    expect((await bake({ ours: 1 })).verdict).toBe('inconclusive');
    expect((await bake({ ours: 1 }, 0)).verdict).toBe('pass');
  });

  it('is inconclusive where the platform keeps no request log, and says so at once', async () => {
    const { verdict, gates, queries } = await bake({ hasRequestLog: false });
    expect(verdict).toBe('inconclusive');
    const consequences = ['whether all entries have arrived', 'whether users were served'];
    expect(gates.filter((found) => found.verdict === 'inconclusive').map(({ reason }) => reason)).toEqual(
      consequences.map((what) => `the platform keeps no request log, so nobody can tell ${what}`),
    );
    expect(queries.filter((query) => 'userAgent' in query)).toHaveLength(2);
  });

  it('fails on a new error also where the platform keeps no request log', async () => {
    expect((await bake({ hasRequestLog: false, since: entries(1) })).verdict).toBe('fail');
  });

  it('counts requests from its beginning, and those of users from the shift on', async () => {
    const { queries } = await bake({ ours: 1, users: 3 });
    expect(queries.filter((query) => 'userAgent' in query)).toEqual([
      expect.objectContaining({ revision: null, userAgent: { is: expect.stringMatching(/^slipway-smoke\/c1-bake1/) } }),
      { since: shiftedAt, revision: 'service-2', userAgent: { lacks: 'slipway-smoke/' }, limit: 1 },
    ]);
  });
});

describe('the signs for a fallback', () => {
  const look = (log: ExecutionLog) => {
    const world = new World();
    const targets = asEveryKind({ ...world.target(), executionLog: async () => log });
    return new MockActivityEnvironment().run(createMigrationLogActivities({ targets }).findFallbackSignature, {
      entry: world.entry,
      execution: 'service-migrate-1',
      startedAt: shiftedAt,
    });
  };

  it('are found in one line of the execution', async () => {
    expect(await look({ lines: ['error: no such command: new'], isComplete: false })).toMatchObject({ found: true });
  });

  it('are absent only once the end of the container is in the log', async () => {
    expect(await look({ lines: ['syntax error'], isComplete: true })).toMatchObject({ found: false });
    await expect(look({ lines: ['syntax error'], isComplete: false })).rejects.toMatchObject({
      type: 'Unknown',
      nonRetryable: true,
    });
  });
});
