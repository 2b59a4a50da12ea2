import { MockActivityEnvironment } from '@temporalio/testing';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBakeActivities } from '../../activities/bake.ts';
import { quoted } from '../../activities/google/log-filter.ts';
import { createMigrationLogActivities } from '../../activities/migration-log.ts';
import type { LogEntry } from '../../activities/ports/index.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import { artifactOf, commits, logEntry, World } from '../workflows/world.ts';

const shiftedAt = new Date(Date.now() - 60_000).toISOString();

/** Logs that answer by what a filter asks for. */
function logsOf(answers: { ours?: LogEntry[]; users?: LogEntry[]; before?: LogEntry[]; since?: LogEntry[] }) {
  const filters: string[] = [];
  const read = async (_project: string, filter: string, limit: number) => {
    filters.push(filter);
    const users = filter.includes('NOT httpRequest.userAgent');
    const kind = users
      ? 'users'
      : filter.includes('slipway-smoke/')
        ? 'ours'
        : filter.includes('timestamp<')
          ? 'before'
          : 'since';
    return (answers[kind] ?? []).slice(0, limit);
  };
  return { filters, logs: { read } };
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
  const entryOf = (leastRequests: number): CatalogEntry =>
    new World({ logs: [gate], bake: { seconds: 0, everySeconds: 1, leastRequests, logsArriveWithinSeconds: 1 } }).entry;
  const bake = async (answers: Parameters<typeof logsOf>[0], leastRequests = 1) => {
    const { logs, filters } = logsOf(answers);
    const request = {
      entry: entryOf(leastRequests),
      artifact: artifactOf(commits.good),
      change: 'c1',
      revision: 'service-2',
      previous: 'service-1',
      url,
      shiftedAt,
      beganAt: new Date().toISOString(),
      round: 1,
    };
    const { bake: activity } = createBakeActivities({ ...new World().ports({} as never, {} as never), logs });
    const result: Awaited<ReturnType<typeof activity>> = await new MockActivityEnvironment().run(activity, request);
    return { ...result, filters };
  };

  it('passes when nothing new is logged, our own request was found and users were served', async () => {
    expect((await bake({ ours: entries(1), users: entries(3) })).verdict).toBe('pass');
  });

  it('fails on a new error', async () => {
    const { verdict, gates } = await bake({ ours: entries(1), users: entries(3), since: entries(1) });
    expect(verdict).toBe('fail');
    expect(gates[0]?.reason).toContain('1 new entries since the shift; up to 0');
  });

  it('allows what the window before the shift had', async () => {
    expect((await bake({ ours: entries(1), users: entries(3), before: entries(20), since: entries(2) })).verdict).toBe(
      'pass',
    );
    expect((await bake({ ours: entries(1), users: entries(3), before: entries(20), since: entries(4) })).verdict).toBe(
      'fail',
    );
  });

  it('is inconclusive when our own request never appears: an empty log proves nothing', async () => {
    expect((await bake({ users: entries(3) })).verdict).toBe('inconclusive');
  });

  it('is inconclusive when nobody used the service, unless that is said to be fine', async () => {
    expect((await bake({ ours: entries(1) })).verdict).toBe('inconclusive');
    expect((await bake({ ours: entries(1) }, 0)).verdict).toBe('pass');
  });

  it('keeps its own conditions around the filter of the catalog', async () => {
    const { filters } = await bake({ ours: entries(1), users: entries(3) });
    expect(
      filters
        .filter((filter) => filter.includes('severity>=ERROR'))
        .every((filter) => /^timestamp>=".*" AND .*\(severity>=ERROR\)$/.test(filter)),
    ).toBe(true);
  });
});

describe('the signs for a fallback', () => {
  const look = (found: LogEntry[]) => {
    const logs = { read: async () => found };
    const entry = new World().entry;
    return new MockActivityEnvironment().run(createMigrationLogActivities({ logs }).findFallbackSignature, {
      entry,
      execution: 'projects/p/executions/service-migrate-1',
      startedAt: shiftedAt,
    });
  };

  it('are found in one entry of the execution', async () => {
    expect(await look([logEntry('Container called exit(1).'), logEntry('error: no such command: new')])).toMatchObject({
      found: true,
    });
  });

  it('are absent only once the end of the container is in the log', async () => {
    expect(await look([logEntry('Container called exit(1).'), logEntry('syntax error')])).toMatchObject({
      found: false,
    });
    await expect(look([logEntry('syntax error')])).rejects.toMatchObject({ type: 'Unknown', nonRetryable: true });
  });
});

describe('a value in a filter', () => {
  it.each([
    ['plain', 'service', '"service"'],
    ['a quote', 'x" OR severity>=DEFAULT OR "', '"x\\" OR severity>=DEFAULT OR \\""'],
    ['a backslash at the end', 'x\\', '"x\\\\"'],
    ['a new line', 'x\n-- comment', '"x -- comment"'],
  ])('stays one literal: %s', (_name, value, expected) => expect(quoted(value)).toBe(expected));
});
