import { describe, expect, it } from 'vitest';
import type { LogEntry, LogQuery } from '../../activities/ports/platform.ts';
import type { Look } from '../../contract/incident/look.ts';
import { clusterTarget, logEntry, World } from '../workflows/world.ts';
import { lookAt, since, structured, until } from './look-world.ts';

const streams: Look = { kind: 'logs', name: 'streams', word: 'stream', by: ['outcome', 'reason'] };

/** Looks at a log that has these entries, and says what it was asked. */
async function lookIn(entries: LogEntry[], look: Look = streams, settings = {}) {
  const asked: { query: LogQuery; limit: number }[] = [];
  const read = async (_target: unknown, query: LogQuery, limit: number) => {
    asked.push({ query, limit });
    return entries.slice(0, limit);
  };
  const evidence = await lookAt(look, {
    world: new World(),
    ports: { logs: { read, refusalOf: async () => null } },
    settings,
  });
  return { evidence, asked };
}

const times = (count: number, entry: LogEntry): LogEntry[] => Array.from({ length: count }, () => entry);

describe('the look at a log', () => {
  it('counts lines by their fields, the most frequent first, with the newest text', async () => {
    const { evidence } = await lookIn([
      ...times(2, structured('INFO', 'closed', { outcome: 'client_closed' })),
      ...times(
        5,
        structured('WARNING', 'no end', { 'metadata.outcome': 'tail_timeout', reason: 'idle', run_id: 'r1' }),
      ),
      structured('INFO', 'a stream without outcome'),
    ]);
    expect(evidence).toMatchObject({
      name: 'streams',
      verdict: 'fail',
      reason: '8 lines with stream, 5 of them warnings or worse',
      count: 8,
      lines: [
        '5 × outcome=tail_timeout reason=idle | no end run_id=r1',
        '2 × outcome=client_closed | closed',
        '1 × without outcome, reason | a stream without outcome',
      ],
    });
  });

  it('shows at most twelve groups', async () => {
    const entries = Array.from({ length: 40 }, (_, index) => structured('INFO', 'x', { outcome: `o${index}` }));
    expect((await lookIn(entries)).evidence.lines).toHaveLength(12);
  });

  it('shows the ten newest lines where none has the fields', async () => {
    const { evidence } = await lookIn(Array.from({ length: 40 }, (_, index) => logEntry(`stream ${index}`)));
    expect(evidence.lines).toHaveLength(10);
    expect(evidence.lines[0]).toMatch(/^20\S+Z ERROR stream 0$/);
  });

  it('passes when no line tells of a failure, and when there is none', async () => {
    expect((await lookIn([structured('INFO', 'stream ended')])).evidence.verdict).toBe('pass');
    expect((await lookIn([])).evidence).toMatchObject({ verdict: 'pass', count: 0, lines: [] });
  });

  it('says when there are more than it read', async () => {
    const { evidence, asked } = await lookIn(times(2_000, structured('INFO', 'stream')));
    expect(asked[0]?.limit).toBe(1_000);
    expect(evidence.reason).toMatch(/^1000 or more lines/);
  });

  it('asks Cloud Logging for the word in all fields, and links to the Logs Explorer', async () => {
    const { evidence, asked } = await lookIn([]);
    const filter = 'resource.type="cloud_run_revision" AND resource.labels.service_name="service" AND "stream"';
    expect(asked[0]?.query).toEqual({ filter, since, until });
    expect(evidence).toMatchObject({
      source: 'Cloud Logging',
      query: `${filter} AND timestamp>="${since}" AND timestamp<"${until}"`,
      window: { since, until },
    });
    expect(evidence.link).toBe(
      `https://console.cloud.google.com/logs/query;query=${encodeURIComponent(filter)}` +
        `;timeRange=${encodeURIComponent(since)}%2F${encodeURIComponent(until)}?project=project-1`,
    );
  });

  it('asks a cluster by a pattern, and gives the command that a person can paste', async () => {
    const { evidence, asked } = await lookIn([], { ...streams, word: "run.fini'shed" }, { target: clusterTarget });
    expect(asked[0]?.query.filter).toBe("(?i)run\\.fini'shed");
    expect(evidence).toMatchObject({
      source: 'kubectl logs',
      query:
        'kubectl -n runtime logs statefulset/runtime --all-pods --all-containers ' +
        `--since-time=${since} | rg '(?i)run\\.fini'\\''shed'`,
      link: null,
    });
  });
});

describe('the look for ids', () => {
  it('has the ids of failing lines, those that differ in ids only together', async () => {
    const trace = 'a'.repeat(32);
    const failed = (run: string) =>
      structured('WARNING', `tool call failed after ${run.length} ms`, { event: 'tool.call', run_id: run, trace });
    const { evidence } = await lookIn(
      [
        ...['run_1', 'run_22', 'run_333', 'run_4444', 'run_1'].map(failed),
        structured('ERROR', 'no database', { request_id: 'q1', 'context.trace_id': `00-${'b'.repeat(32)}-1-01` }),
      ],
      { kind: 'ids' },
    );
    expect(evidence).toMatchObject({
      name: 'ids',
      verdict: 'fail',
      count: 6,
      reason: '6 lines are warnings or worse; 4 run_id, 2 trace_id, 1 request_id',
      lines: [
        '5 × WARNING tool call failed after 5 ms event=tool.call ' +
          `| run_id run_1, run_22, run_333 (+1) | trace_id ${trace}`,
        `1 × ERROR no database | trace_id ${'b'.repeat(32)} | request_id q1`,
      ],
    });
    expect(evidence.query).toContain('severity>=WARNING');
  });

  it('passes when no line tells of a failure', async () => {
    expect((await lookIn([], { kind: 'ids' })).evidence).toMatchObject({ verdict: 'pass', count: 0 });
  });

  it.each([
    ['{"severity":"WARNING","message":"x"}', true],
    ['{"level": "error"}', true],
    ['12:00:01.000 [error] GenServer terminating', true],
    ['panic: runtime error', true],
    ['{"severity":"INFO","message":"no errors"}', false],
  ])('knows a failing line of a cluster: %s', async (line, fails) => {
    const { asked } = await lookIn([], { kind: 'ids' }, { target: clusterTarget });
    const { RE2JS } = await import('re2js');
    expect(
      RE2JS.compile(asked[0]?.query.filter ?? '')
        .matcher(line)
        .find(),
    ).toBe(fails);
  });
});
