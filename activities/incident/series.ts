import { maxPoints, type Look } from '../../contract/incident/look.ts';
import type { LogWindow } from '../../contract/catalog/targets/kind.ts';
import { utcMoment } from '../../contract/utc-moment.ts';
import { formatNumber } from '../promql.ts';
import type { LookContext, LookKind } from './look-kind.ts';
import { promqlQuestion, queryOver } from './promql-look.ts';

type SeriesLook = Extract<Look, { kind: 'series' }>;

/** The shortest step; more often no Prometheus asks a service. */
const minStepSeconds = 15;

/** Reads the values of a query over the window, for a picture. It judges nothing: a series by itself is no symptom. */
export const series: LookKind<SeriesLook> = {
  question: (look, context) => promqlQuestion(queryOf(look, context), context),

  answer: async (look, context) => {
    const { entry, ports, since, until } = context;
    const stepSeconds = stepOf({ since, until });
    const range = { since, until, stepSeconds };
    const found = await ports.metrics.range(entry.settings.metrics?.url, queryOf(look, context), range);
    const [only, ...others] = found;
    const nothing = { verdict: 'inconclusive' as const, count: found.length, lines: [] };
    if (others.length > 0)
      return { ...nothing, reason: `the query finds ${found.length} series: aggregate them to one` };
    const points = only?.points.slice(-maxPoints) ?? [];
    if (points.length === 0) return { ...nothing, reason: 'no data: the query finds no values in this time' };
    const highest = points.reduce((best, point) => (point.value > best.value ? point : best));
    const last = points.at(-1) ?? highest;
    const most = `at most ${formatNumber(highest.value)} at ${utcMoment(highest.at)}`;
    const reason = `${most}; last ${formatNumber(last.value)}`;
    return { verdict: 'pass', reason, count: points.length, lines: [], points };
  },
};

/** Answers how far apart the values are, so that a picture's are enough for any window: both ends count. */
function stepOf({ since, until }: LogWindow): number {
  const seconds = (Date.parse(until) - Date.parse(since)) / 1000;
  return Math.max(minStepSeconds, Math.ceil(seconds / (maxPoints - 1)));
}

function queryOf({ query }: SeriesLook, context: LookContext): string {
  return queryOver(query, context, stepOf(context));
}
