import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { lookOnce } from '../../activities/incident/investigate.ts';
import type { IncidentPorts } from '../../activities/incident/look-kind.ts';
import { series } from '../../activities/incident/series.ts';
import type { Ports } from '../../activities/ports/index.ts';
import { createPrometheus } from '../../activities/prometheus/index.ts';
import { maxPoints } from '../../contract/incident/look.ts';
import { World } from '../workflows/world.ts';

const until = '2026-03-01T18:45:00.000Z';
const look = { kind: 'series', name: 'error rate', query: 'sum(rate(errors{service="{service}"}[{window}]))' } as const;
let server: Server | null = null;

/** A Prometheus that answers a range query by its parameters. */
async function prometheus(answer: (asked: URLSearchParams) => unknown): Promise<string> {
  const started = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => response.end(JSON.stringify(answer(new URLSearchParams(body)))));
  });
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(started.address() as AddressInfo).port}/below`;
}
afterEach(() => new Promise((resolve) => (server ? server.close(resolve) : resolve(null))));

const success = (...result: object[]) => ({ status: 'success', data: { resultType: 'matrix', result } });

/** Looks by a real client for Prometheus; all else is a world in memory. */
async function investigate(address: string | undefined, since: string) {
  const world = new World();
  const ports = {
    ...world.ports({} as Ports['connection'], {} as Ports['environments']),
    metrics: createPrometheus(address),
  } as IncidentPorts;
  const { entry } = world;
  const request = { entry, look, incident: 'c1', since, until };
  return {
    found: await lookOnce(series, request, ports, new AbortController().signal),
    service: world.service,
  };
}

describe('a look at a series', () => {
  it('has a value a step, and never more than a picture shows', async () => {
    let asked = new URLSearchParams();
    const address = await prometheus((parameters) => {
      asked = parameters;
      const [from, to] = ['start', 'end'].map((name) => Date.parse(parameters.get(name) ?? '') / 1000);
      const step = Number(parameters.get('step'));
      const count = Math.floor(((to ?? 0) - (from ?? 0)) / step) + 1;
      const values = Array.from({ length: count }, (_, index) => [(from ?? 0) + index * step, String(index)]);
      return success({ metric: {}, values });
    });
    for (const [since, step] of [
      ['2026-03-01T18:30:00.000Z', '15'],
      ['2026-02-27T18:45:00.000Z', '1453'],
    ] as const) {
      const { found, service } = await investigate(address, since);
      expect(asked.get('query')).toBe(`sum(rate(errors{service="${service}"}[${Math.max(60, Number(step))}s]))`);
      expect(asked.get('step')).toBe(step);
      expect(found.points?.length).toBeLessThanOrEqual(maxPoints);
      expect(found.points?.[0]).toEqual({ at: since, value: 0 });
      expect(found).toMatchObject({ name: 'error rate', verdict: 'pass', window: { since, until } });
    }
  });

  it('leaves out what is no number, since nobody can draw it', async () => {
    const values = [
      [1, '0.5'],
      [2, 'NaN'],
      [3, '+Inf'],
      [4, '0.25'],
    ];
    const { found } = await investigate(
      await prometheus(() => success({ metric: {}, values })),
      '2026-03-01T18:30:00Z',
    );
    expect(found.points?.map(({ value }) => value)).toEqual([0.5, 0.25]);
    expect(found.reason).toBe('at most 0.5 at 1970-01-01 00:00:01 UTC; last 0.25');
  });

  it.each([
    ['no series', () => success(), 'no data'],
    [
      'two series',
      () => success({ metric: { a: '1' }, values: [] }, { metric: {}, values: [] }),
      'aggregate them to one',
    ],
    ['only what is no number', () => success({ metric: {}, values: [[1, 'NaN']] }), 'no data'],
    [
      'a refusal',
      () => ({ status: 'error', errorType: 'bad_data', error: 'parse error' }),
      'refused the query (bad_data)',
    ],
    [
      'another answer',
      () => ({ status: 'success', data: { resultType: 'vector', result: [] } }),
      'no result of a range query',
    ],
  ])('is inconclusive, with the reason, after %s', async (_name, answer, reason) => {
    const { found } = await investigate(await prometheus(answer), '2026-03-01T18:30:00.000Z');
    expect(found).toMatchObject({ verdict: 'inconclusive', reason: expect.stringContaining(reason) });
    expect(found).not.toHaveProperty('points');
  });

  it('is inconclusive where there is no Prometheus', async () => {
    const { found } = await investigate(undefined, '2026-03-01T18:30:00.000Z');
    expect(found).toMatchObject({ verdict: 'inconclusive', reason: expect.stringContaining('no Prometheus') });
  });
});
