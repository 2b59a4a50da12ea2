import type { Look } from '../../contract/incident/look.ts';
import type { Series } from '../ports/index.ts';
import { formatNumber } from '../promql.ts';
import { maxGroups, type LookContext, type LookKind } from './look-kind.ts';
import { promqlQuestion, queryOver } from './promql-look.ts';

type MetricLook = Extract<Look, { kind: 'metric' }>;

/** Reads the values of a query by series, at the end of the window. A query that finds nothing is no zero. */
export const metric: LookKind<MetricLook> = {
  question: (look, context) => promqlQuestion(queryOf(look, context), context),

  answer: async (look, context) => {
    const { entry, ports, until } = context;
    const found = await ports.metrics.series(entry.settings.metrics?.url, queryOf(look, context), until);
    if (found.length === 0)
      return { verdict: 'inconclusive', reason: 'no data: the query finds no series', count: 0, lines: [] };
    const numbers = found.filter(({ value }) => !Number.isNaN(value));
    if (numbers.length === 0)
      return { verdict: 'inconclusive', reason: 'no number: nothing was counted in this time', count: 0, lines: [] };
    const lines = numbers.toSorted((a, b) => b.value - a.value).map(describeSeries);
    const more = lines.length > 3 ? `, and ${lines.length - 3} more` : '';
    return {
      verdict: 'pass',
      reason: `${lines.slice(0, 3).join(', ')}${more}`,
      count: numbers.length,
      lines: lines.slice(0, maxGroups),
    };
  },
};

function queryOf({ query }: MetricLook, context: LookContext): string {
  const { since, until } = context;
  return queryOver(query, context, Math.ceil((Date.parse(until) - Date.parse(since)) / 1000));
}

function describeSeries({ labels, value }: Series): string {
  const { __name__: _name, ...own } = labels;
  const words = Object.entries(own).map(([label, text]) => `${label}=${text}`);
  return [formatNumber(value), ...words].join(' ');
}
