import dns from 'node:dns';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPrometheus } from '../../activities/prometheus/index.ts';
import { gateResult, ScriptedService } from './gate-world.ts';

const shiftedAt = new Date(Date.now() - 60_000).toISOString();

interface GateRequest {
  address: string | undefined;
  promql: string;
  at: string;
}

/** Looks at a metric gate over figures by query; a list has a value for each series. */
const look = async (gate: object, figures: (asked: GateRequest) => number[], more: object = {}) => {
  const asked: GateRequest[] = [];
  const query = async (address: string | undefined, promql: string, at: string) => {
    asked.push({ address, promql, at });
    return figures({ address, promql, at });
  };
  const result = await gateResult(
    { kind: 'metric', query: 'q', ...gate },
    {
      shiftedAt,
      ports: {
        metrics: {
          ...{ query, series: async () => [], range: async () => [], isKnown: () => true, pageOf: () => null },
          refusalOf: async () => null,
        },
      },
      ...more,
    },
  );
  return { ...result, asked };
};

describe('a metric gate', () => {
  it.each([
    ['below its limit', { below: 0.01 }, [0.002], 'pass', '0.002 is below 0.01'],
    ['at its limit', { below: 0.01 }, [0.01], 'fail', 'is not below 0.01'],
    ['above its lower limit', { above: 1, below: 9 }, [5], 'pass', '5 is below 9 and above 1'],
    ['under its lower limit', { above: 1 }, [0], 'fail', '0 is not above 1'],
    ['without any series', { below: 1 }, [], 'inconclusive', 'no data'],
    ['not a number', { below: 1 }, [NaN], 'inconclusive', 'answers NaN'],
    ['infinite', { below: 1 }, [Infinity], 'inconclusive', 'answers Infinity'],
    ['with several series', { below: 1 }, [0, 0], 'inconclusive', 'aggregate them'],
  ])('%s', async (_what, gate, figures, verdict, reason) => {
    expect(await look(gate, () => figures)).toMatchObject({
      kind: 'metric',
      verdict,
      reason: expect.stringContaining(reason),
    });
  });

  it('asks for this service and revision, since the shift and no longer than the catalog says', async () => {
    const query =
      'sum(rate(run_googleapis_com:request_count{service_name="{service}",revision_name="{revision}"}[{window}]))';
    const { asked } = await look({ query, below: 1 }, () => [0]);
    expect(asked[0]?.promql).toMatch(
      /^sum\(rate\(run_googleapis_com:request_count\{service_name="service",revision_name="service-2"\}\[6[01]s\]\)\)$/,
    );
    const { asked: capped } = await look({ query, below: 1, windowSeconds: 30 }, () => [0]);
    expect(capped[0]?.promql).toContain('[30s]');
  });

  it('keeps a strange revision inside of its quotes', async () => {
    const { asked } = await look({ query: 'x{revision_name="{revision}"}', below: 1 }, () => [0], {
      revision: 'a"} or vector(0) #',
    });
    expect(asked[0]?.promql).toBe('x{revision_name="a\\"} or vector(0) #"}');
  });

  describe('against the time before the shift', () => {
    const baseline = { factor: 1.5, floor: 200 };
    const compared = (now: number[], before: number[]) =>
      look({ query: 'p95{revision="{revision}"}', baseline }, ({ at }) => (at === shiftedAt ? before : now));

    it('asks for the revision before, at the moment of the shift', async () => {
      const { asked } = await compared([250], [200]);
      expect(asked.map(({ promql, at }) => [promql, at === shiftedAt])).toEqual([
        ['p95{revision="service-2"}', false],
        ['p95{revision="service-1"}', true],
      ]);
    });

    it.each([
      ['as before', [250], [240], 'pass', 'not above 1.5 times the 240'],
      ['much worse', [600], [240], 'fail', '600 is above 1.5 times the 240 before the shift and above 200'],
      ['much worse, but little', [150], [10], 'pass', 'not above 200 (10 before'],
      ['little, and nothing before', [150], [], 'pass', 'not above 200'],
      ['much, and nothing before', [600], [], 'inconclusive', 'nothing to compare it with'],
    ])('%s', async (_what, now, before, verdict, reason) => {
      expect(await compared(now, before)).toMatchObject({ verdict, reason: expect.stringContaining(reason) });
    });
  });

  it('says nothing of too few requests', async () => {
    const gate = { below: 0.01, enough: { query: 'volume', min: 20 } };
    expect(await look(gate, ({ promql }) => (promql === 'volume' ? [3] : [1]))).toMatchObject({
      verdict: 'inconclusive',
      reason: expect.stringContaining('3 is too little'),
    });
    expect(await look(gate, ({ promql }) => (promql === 'volume' ? [] : [0]))).toMatchObject({
      verdict: 'inconclusive',
    });
    expect(await look(gate, ({ promql }) => (promql === 'volume' ? [20] : [1]))).toMatchObject({ verdict: 'fail' });
  });

  it('is inconclusive before users have the revision', async () => {
    expect(await look({ below: 1 }, () => [0], { shiftedAt: null })).toMatchObject({
      verdict: 'inconclusive',
      asked: [],
    });
  });

  it('must have a limit', async () => {
    await expect(look({}, () => [0])).rejects.toThrow(/must have a limit/);
  });
});

describe('the adapter of Prometheus', () => {
  let server: ScriptedService;
  beforeEach(async () => {
    server = await new ScriptedService().open();
  });
  afterEach(() => server.close());
  const vector = (...values: string[]) => ({
    status: 'success',
    data: { resultType: 'vector', result: values.map((value) => ({ metric: {}, value: [1, value] })) },
  });
  const failing = (status: number, errorType: string) => ({
    status,
    json: { status: 'error', errorType, error: 'it is busy' },
  });
  const ask = () => createPrometheus(server.url).query(undefined, 'up == 1', shiftedAt);

  it('reads vectors, scalars and what is not finite', async () => {
    server.reply = () => ({ status: 200, json: vector('0.25', 'NaN', '+Inf') });
    expect(await ask()).toEqual([0.25, NaN, Infinity]);
    server.reply = () => ({
      status: 200,
      json: { status: 'success', data: { resultType: 'scalar', result: [1, '3'] } },
    });
    expect(await ask()).toEqual([3]);
    expect(new URLSearchParams(server.received[0]?.body).get('query')).toBe('up == 1');
  });

  it('tells series by their labels', async () => {
    const result = [{ metric: { __name__: 'x', outcome: 'tail_timeout' }, value: [1, '4'] }];
    server.reply = () => ({ status: 200, json: { status: 'success', data: { resultType: 'vector', result } } });
    expect(await createPrometheus(server.url).series(undefined, 'x', shiftedAt)).toEqual([
      { labels: { __name__: 'x', outcome: 'tail_timeout' }, value: 4 },
    ]);
  });

  it('names the page of a query', () => {
    const page = createPrometheus('http://prometheus:9090/base').pageOf(undefined, 'up == 1', '2026-03-01T10:00:00Z');
    expect(page).toBe(
      'http://prometheus:9090/base/graph?g0.expr=up+%3D%3D+1&g0.tab=1&g0.end_input=2026-03-01T10%3A00%3A00Z',
    );
    expect(createPrometheus(undefined).pageOf(undefined, 'up', shiftedAt)).toBeNull();
  });

  it('waits a short outage out', async () => {
    server.reply = () => (server.received.length < 3 ? 'lost' : { status: 200, json: vector('1') });
    expect(await ask()).toEqual([1]);
  });

  it.each([
    [
      'a query that it refuses',
      { status: 400, json: { status: 'error', errorType: 'bad_data', error: 'parse error' } },
      expect.stringMatching(/refused the query \(bad_data\): parse error/),
    ],
    [
      'a query for a range',
      { status: 200, json: { status: 'success', data: { resultType: 'matrix', result: [] } } },
      expect.stringMatching(/no result of an instant query/),
    ],
    [
      'a query that it cannot compute',
      { status: 422, json: { status: 'error', errorType: 'execution', error: 'many-to-many matching' } },
      expect.stringMatching(/refused the query \(execution\): many-to-many matching/),
    ],
    ['503 unavailable', failing(503, 'unavailable'), null],
    ['503 timeout', failing(503, 'timeout'), null],
    ['503 canceled', failing(503, 'canceled'), null],
    ['500 internal', failing(500, 'internal'), null],
    ['429 too_many_requests', failing(429, 'too_many_requests'), null],
    ['something else than Prometheus', { status: 200, text: '<html>' }, null],
    ['an outage', 'lost' as const, null],
    [
      'a query that finds nothing',
      { status: 200, json: { status: 'success', data: { resultType: 'vector', result: [] } } },
      null,
    ],
  ])('tells before it is needed that a query is wrong, and nothing else: %s', async (_what, reply, refusal) => {
    server.reply = () => reply;
    const at = new Date().toISOString();
    expect(await createPrometheus(server.url).refusalOf(undefined, 'q', at)).toEqual(refusal);
  });

  it.each([
    [
      'a query that it refuses',
      { status: 400, json: { status: 'error', errorType: 'bad_data', error: 'parse error' } },
      /refused the query \(bad_data\): parse error/,
    ],
    [
      'a matrix',
      { status: 200, json: { status: 'success', data: { resultType: 'matrix', result: [] } } },
      /no result of an instant query/,
    ],
    ['a query for which it has no time', failing(503, 'timeout'), /did not answer the query \(timeout\): it is busy/],
    ['something else', { status: 200, text: '<html>' }, /answered 200, and not as Prometheus does/],
    ['an outage', 'lost' as const, /does not answer/],
  ])('ends with a final failure on %s, so that the gate is inconclusive', async (_what, reply, reason) => {
    server.reply = () => reply;
    await expect(ask()).rejects.toMatchObject({ nonRetryable: true, message: expect.stringMatching(reason) });
    const metrics = createPrometheus(server.url);
    expect(await gateResult({ kind: 'metric', query: 'q', below: 1 }, { shiftedAt, ports: { metrics } })).toMatchObject(
      {
        verdict: 'inconclusive',
        reason: expect.stringMatching(reason),
      },
    );
  });

  it('says where a Prometheus is named, when none is', async () => {
    await expect(createPrometheus(undefined).query(undefined, 'up', shiftedAt)).rejects.toMatchObject({
      message: expect.stringContaining('SLIPWAY_PROMETHEUS'),
    });
  });

  it.each(['http://169.254.169.254', 'http://metadata.google.internal', 'http://[fd20:ce::254]'])(
    'is never %s, which hands out credentials',
    async (address) => {
      const refused = createPrometheus(undefined).query(address, 'up', shiftedAt);
      await expect(refused).rejects.toMatchObject({
        nonRetryable: true,
        message: expect.stringContaining('which Slipway never calls'),
      });
    },
  );

  it('may be in a private network, where the Prometheus of a cluster is', async () => {
    server.reply = () => ({ status: 200, json: vector('1') });
    const found = [
      { address: 'fd12:3456::1', family: 6 },
      { address: '127.0.0.1', family: 4 },
    ];
    const answer = (_host: string, _options: object, callback: (error: null, all: object[]) => void) =>
      callback(null, found);
    const lookups = vi.spyOn(dns, 'lookup').mockImplementation(answer as never);
    const { port } = new URL(server.url);
    expect(await createPrometheus(undefined).query(`http://prometheus:${port}`, 'up', shiftedAt)).toEqual([1]);
    lookups.mockRestore();
  });

  it('prefers the address of the catalog, whose path it keeps', async () => {
    server.reply = () => ({ status: 200, json: vector('1') });
    await createPrometheus('http://127.0.0.1:1').query(`${server.url}/prefix`, 'up', shiftedAt);
    expect(server.received[0]?.path).toBe('/prefix/api/v1/query');
  });
});
