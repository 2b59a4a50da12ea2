import { z } from 'zod';
import { finalFailure, isFinal } from '../failure.ts';
import type { Metrics, Range, RangeSeries, Series } from '../ports/index.ts';
import { addressOf, ask, numberOf } from './ask.ts';

const sample = z.tuple([z.number(), z.string()]);
const labels = z.record(z.string(), z.string()).default({});
/** Platform: Prometheus HTTP API, instant queries. */
const instant = z.discriminatedUnion('resultType', [
  z.object({ resultType: z.literal('vector'), result: z.array(z.object({ metric: labels, value: sample })) }),
  z.object({ resultType: z.literal('scalar'), result: sample }),
]);
/** Platform: Prometheus HTTP API, range queries. */
const matrix = z.object({
  resultType: z.literal('matrix'),
  result: z.array(z.object({ metric: labels, values: z.array(sample) })),
});

/**
 * Queries Prometheus by its HTTP API, at the catalog's address or the worker's own. What it cannot tell is a final
 * failure, so the gate is inconclusive.
 */
export function createPrometheus(own: string | undefined): Metrics {
  const baseOf = (address: string | undefined): string => {
    const base = address ?? own;
    if (base) return base;
    throw finalFailure(
      'Missing',
      'no Prometheus is configured: name it in the catalog (metrics: {url}), ' +
        'set SLIPWAY_PROMETHEUS for the worker, or start the sandbox with --with monitoring',
    );
  };
  return {
    isKnown: (address) => Boolean(address ?? own),
    series: async (address, promql, at) => await seriesOf(baseOf(address), promql, at),
    query: async (address, promql, at) => (await seriesOf(baseOf(address), promql, at)).map(({ value }) => value),
    range: async (address, promql, range) => await rangeOf(baseOf(address), promql, range),
    refusalOf: (address, promql, at, signal) =>
      seriesOf(baseOf(address), promql, at, signal).then(
        () => null,
        (error: unknown) => (isFinal(error, 'BadRequest') ? error.message : null),
      ),
    pageOf: (address, promql, at) => {
      const base = address ?? own;
      return base ? pageOf(base, promql, at) : null;
    },
  };
}

/** Makes the address of a query's page, as Prometheus itself writes it into alerts (generatorURL), at a moment. */
function pageOf(base: string, promql: string, at: string): string {
  const page = addressOf(base, 'graph');
  page.search = new URLSearchParams({ 'g0.expr': promql, 'g0.tab': '1', 'g0.end_input': at }).toString();
  return page.href;
}

async function seriesOf(base: string, promql: string, at: string, signal?: AbortSignal): Promise<Series[]> {
  const { resultType, result } = await ask(base, {
    path: 'api/v1/query',
    parameters: { query: promql, time: at },
    form: instant,
    signal,
    formName: 'an instant query: a vector or a number is needed',
  });
  return resultType === 'scalar'
    ? [{ labels: {}, value: numberOf(result[1]) }]
    : result.map(({ metric, value }) => ({ labels: metric, value: numberOf(value[1]) }));
}

async function rangeOf(base: string, promql: string, { since, until, stepSeconds }: Range): Promise<RangeSeries[]> {
  const { result } = await ask(base, {
    path: 'api/v1/query_range',
    parameters: { query: promql, start: since, end: until, step: String(stepSeconds) },
    form: matrix,
    formName: 'a range query: a matrix is needed',
  });
  return result.map(({ metric, values }) => ({
    labels: metric,
    points: values
      .map(([seconds, text]) => ({ at: new Date(seconds * 1000).toISOString(), value: numberOf(text) }))
      .filter(({ value }) => Number.isFinite(value)),
  }));
}
