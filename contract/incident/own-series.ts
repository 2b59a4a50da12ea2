/** Labels of the series of a service in an environment; in a look's query stand their values. */
const ownLabels = 'service="{service}",environment="{environment}"';

/** Selects the service's own series of a metric, and of those the ones with these labels. */
export function ownSeries(metric: string, labels = ''): string {
  return `${metric}{${[ownLabels, labels].filter((part) => part !== '').join(',')}}`;
}

/** Counts the increase of a counter in the time that is looked at, by these labels or in all. */
export function increaseOf(metric: string, by: readonly string[], labels = ''): string {
  const grouping = by.length > 0 ? ` by (${by.join(', ')})` : '';
  return `sum${grouping} (increase(${ownSeries(metric, labels)}[{window}]))`;
}
