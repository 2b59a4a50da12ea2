import { fillQuery } from '../promql.ts';
import type { LookContext, Question } from './look-kind.ts';

/** The shortest window that has a rate: at least two scrapes must lie in it. */
const minWindowSeconds = 60;

/** Fills a look's query; `seconds` is the window of its rates. */
export function queryOver(query: string, { entry }: Pick<LookContext, 'entry'>, seconds: number): string {
  const window = `${Math.max(minWindowSeconds, seconds)}s`;
  return fillQuery(query, { service: entry.service, environment: entry.environment, window });
}

/** Describes a filled query to Prometheus, with the page that shows its answer. */
export function promqlQuestion(query: string, { entry, ports, since, until }: LookContext): Question {
  const link = ports.metrics.pageOf(entry.settings.metrics?.url, query, until);
  return { source: 'Prometheus', query, link, window: { since, until } };
}
