'use strict';

/** Metrics of this process, in Prometheus' text format 0.0.4. */
const all = [];

const text = (value) => String(value).replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/"/g, '\\"');

const series = (labels) =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${text(value)}"`)
    .join(',');

const line = (name, key, value) => `${name}${key === '' ? '' : `{${key}}`} ${value}`;

const metric = (type, name, help, known) => {
  const values = new Map(known.map((labels) => [series(labels), 0]));
  const lines = () => [...values].map(([key, value]) => line(name, key, value));
  all.push({ type, name, help, lines });
  return values;
};

/** A counter. The series of `known` exist from the start, so that their first increase is seen as one. */
exports.counter = (name, help, known = [{}]) => {
  const values = metric('counter', name, help, known);
  return {
    increase: (labels = {}) => {
      const key = series(labels);
      values.set(key, (values.get(key) ?? 0) + 1);
    },
  };
};

/** A gauge. */
exports.gauge = (name, help, known = [{}]) => {
  const values = metric('gauge', name, help, known);
  return { set: (value, labels = {}) => void values.set(series(labels), value) };
};

/** A histogram without labels, with these upper bounds. */
exports.histogram = (name, help, bounds) => {
  const buckets = bounds.map(() => 0);
  const whole = { count: 0, sum: 0 };
  const lines = () => [
    ...bounds.map((bound, index) => line(`${name}_bucket`, `le="${bound}"`, buckets[index])),
    line(`${name}_bucket`, 'le="+Inf"', whole.count),
    line(`${name}_sum`, '', whole.sum.toFixed(6)),
    line(`${name}_count`, '', whole.count),
  ];
  all.push({ type: 'histogram', name, help, lines });
  return {
    observe: (value) => {
      bounds.forEach((bound, index) => (buckets[index] += value <= bound ? 1 : 0));
      whole.count += 1;
      whole.sum += value;
    },
  };
};

/** What a scrape gets. */
exports.text = () => {
  const lines = all.flatMap((each) => [
    `# HELP ${each.name} ${each.help}`,
    `# TYPE ${each.name} ${each.type}`,
    ...each.lines(),
  ]);
  return `${lines.join('\n')}\n`;
};
