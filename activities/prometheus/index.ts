import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { finalFailure } from '../failure.ts';
import { parseJson } from '../json.ts';
import type { Metrics, Series } from '../ports/index.ts';

/** Platform: Prometheus HTTP API, instant queries. */
const answer = z.union([
  z.object({
    status: z.literal('success'),
    data: z.discriminatedUnion('resultType', [
      z.object({
        resultType: z.literal('vector'),
        result: z.array(
          z.object({
            metric: z.record(z.string(), z.string()).default({}),
            value: z.tuple([z.number(), z.string()]),
          }),
        ),
      }),
      z.object({ resultType: z.literal('scalar'), result: z.tuple([z.number(), z.string()]) }),
    ]),
  }),
  z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() }),
]);

const tries = 3;
const pauseMs = 500;
const timeoutMs = 10_000;
const maxErrorLength = 300;

/**
 * Queries Prometheus by its HTTP API, at the catalog's address or the worker's own. What it cannot tell is a final
 * failure, so the gate is inconclusive.
 */
export function createPrometheus(own: string | undefined): Metrics {
  const series: Metrics['series'] = async (address, promql, at) => {
    const base = address ?? own;
    if (!base)
      throw finalFailure(
        'Missing',
        'no Prometheus is configured: name it in the catalog (metrics: {url}), ' +
          'set SLIPWAY_PROMETHEUS for the worker, or start the sandbox with --with monitoring',
      );
    return await seriesOf(base, promql, at);
  };
  return {
    isKnown: (address) => Boolean(address ?? own),
    series,
    query: async (address, promql, at) => (await series(address, promql, at)).map(({ value }) => value),
    pageOf: (address, promql, at) => {
      const base = address ?? own;
      return base ? pageOf(base, promql, at) : null;
    },
  };
}

/** Makes the address of a query's page, as Prometheus itself writes it into alerts (generatorURL), at a moment. */
function pageOf(base: string, promql: string, at: string): string {
  const page = new URL('graph', withSlash(base));
  page.search = new URLSearchParams({ 'g0.expr': promql, 'g0.tab': '1', 'g0.end_input': at }).toString();
  return page.href;
}

async function seriesOf(base: string, promql: string, at: string): Promise<Series[]> {
  const { status, text } = await postQuery(new URL('api/v1/query', withSlash(base)), promql, at);
  const parsed = answer.safeParse(parseJson(text));
  if (!parsed.success)
    throw finalFailure(
      'Unknown',
      `Prometheus at ${base} answered ${status} with no result of an instant query: a vector or a number is needed`,
    );
  const { data } = parsed;
  if (data.status === 'error')
    throw finalFailure(
      'BadRequest',
      `Prometheus at ${base} refused the query (${data.errorType}): ${data.error.slice(0, maxErrorLength)}`,
    );
  const { resultType, result } = data.data;
  return resultType === 'scalar'
    ? [{ labels: {}, value: numberOf(result[1]) }]
    : result.map(({ metric, value }) => ({ labels: metric, value: numberOf(value[1]) }));
}

function withSlash(base: string): string {
  return base.endsWith('/') ? base : `${base}/`;
}

/** Posts the query and waits out a short outage. A query changes nothing. */
async function postQuery(url: URL, promql: string, at: string): Promise<{ status: number; text: string }> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const response = await fetch(url, {
        method: 'POST',
        redirect: 'manual',
        body: new URLSearchParams({ query: promql, time: at, timeout: `${timeoutMs / 1000}s` }),
        signal: AbortSignal.timeout(timeoutMs),
      });
      const text = await response.text();
      if (response.status < 500 || attempt === tries) return { status: response.status, text };
    } catch (error) {
      const { message, cause } = error instanceof Error ? error : new Error(String(error));
      if (attempt === tries)
        throw finalFailure(
          'Unknown',
          `Prometheus at ${url.origin} does not answer: ${cause instanceof Error ? cause.message || message : message}`,
        );
    }
    await pause(pauseMs);
  }
}

/** Parses a number; the API writes `NaN`, `+Inf` and `-Inf`. */
function numberOf(text: string): number {
  if (text === '+Inf') return Infinity;
  return text === '-Inf' ? -Infinity : Number(text);
}
