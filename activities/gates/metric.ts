import type { MetricGate } from '../../contract/catalog/gates.ts';
import { workloadOf } from '../../contract/catalog/targets/index.ts';
import { utcMoment } from '../../contract/utc-moment.ts';
import { fillQuery, formatNumber } from '../promql.ts';
import type { Check, GateFinding, GateContext } from './gate.ts';

/** The shortest window that has a rate: at least two scrapes must lie in it. */
const minWindowSeconds = 10;

/**
 * Compares one number of Prometheus with fixed limits and with the time before the shift. No series, several, no
 * number, too little to look at or no Prometheus are inconclusive. A query that finds nothing is no zero; a catalog
 * that means zero says `or vector(0)`.
 */
export const checkMetric: Check<MetricGate> = async (gate, context) => {
  const { shiftedAt, revision, previous, clock } = context;
  if (shiftedAt === null || revision === null)
    return inconclusive('the revision takes no live traffic yet, so there is nothing to measure');
  const now = new Date(clock.now());
  const since = (now.getTime() - Date.parse(shiftedAt)) / 1000;
  const windowSeconds = Math.max(minWindowSeconds, Math.min(gate.windowSeconds, Math.ceil(since)));
  const measure = (query: string) => figureOf(query, { revision, windowSeconds, at: now.toISOString() }, context);
  const volume = gate.enough && (await measure(gate.enough.query));
  if (volume && 'missing' in volume) return inconclusive(`the amount of data is unknown: ${volume.missing}`);
  if (gate.enough && volume && volume.value < gate.enough.min)
    return inconclusive(`${formatNumber(volume.value)} is too little data, at least ${gate.enough.min} is required`);
  const current = await measure(gate.query);
  if ('missing' in current) return inconclusive(current.missing);
  const fixed = againstLimits(gate, current.value);
  if (fixed || !gate.baseline) return fixed ?? passed(gate, current.value);
  const before = await figureOf(
    gate.query,
    { revision: previous ?? '', windowSeconds: gate.windowSeconds, at: shiftedAt },
    context,
  );
  return againstBaseline(gate.baseline, current.value, before);
};

interface Moment {
  revision: string;
  windowSeconds: number;
  at: string;
}

type Figure = { value: number } | { missing: string };

async function figureOf(
  query: string,
  { revision, windowSeconds, at }: Moment,
  { entry, ports }: GateContext,
): Promise<Figure> {
  const { target, metrics } = entry.settings;
  const values = { service: workloadOf(target), revision, window: `${windowSeconds}s` };
  const found = await ports.metrics.query(metrics?.url, fillQuery(query, values), at);
  const [value] = found;
  if (value === undefined)
    return { missing: `no data: the query finds no series in the ${windowSeconds} s before ${utcMoment(at)}` };
  if (found.length > 1) return { missing: `the query finds ${found.length} series: aggregate them to one number` };
  return Number.isFinite(value) ? { value } : { missing: `the query answers ${value}` };
}

function againstLimits({ below, above }: MetricGate, value: number): GateFinding | undefined {
  if (below !== undefined && !(value < below))
    return { verdict: 'fail', reason: `${formatNumber(value)} is not below ${below}` };
  if (above !== undefined && !(value > above))
    return { verdict: 'fail', reason: `${formatNumber(value)} is not above ${above}` };
  return undefined;
}

function passed({ below, above }: MetricGate, value: number): GateFinding {
  const limits = [below === undefined ? '' : `below ${below}`, above === undefined ? '' : `above ${above}`].filter(
    (limit) => limit !== '',
  );
  return { verdict: 'pass', reason: `${formatNumber(value)} is ${limits.join(' and ')}` };
}

function againstBaseline(
  { factor, floor }: NonNullable<MetricGate['baseline']>,
  value: number,
  before: Figure,
): GateFinding {
  if (value <= floor) {
    const earlier = 'value' in before ? ` (${formatNumber(before.value)} before the shift)` : '';
    return { verdict: 'pass', reason: `${formatNumber(value)} is not above ${floor}${earlier}` };
  }
  if ('missing' in before)
    return inconclusive(
      `${formatNumber(value)} is above ${floor}, and there is nothing to compare it with: ${before.missing}`,
    );
  const limit = before.value * factor;
  const compared = `${factor} times the ${formatNumber(before.value)} before the shift`;
  return value <= limit
    ? { verdict: 'pass', reason: `${formatNumber(value)} is not above ${compared}` }
    : { verdict: 'fail', reason: `${formatNumber(value)} is above ${compared} and above ${floor}` };
}

function inconclusive(reason: string): GateFinding {
  return { verdict: 'inconclusive', reason };
}
