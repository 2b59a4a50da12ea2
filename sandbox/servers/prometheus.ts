import type { Server } from './server.ts';

const common = {
  tags: ['remove_all_sd'],
  version: { major: 3, minor: 0, patch: 0 },
  go: '1.26',
};

/**
 * Prometheus, for the metric gates and the alerts. Built without the discovery of foreign platforms (a third of its
 * packages: the clients of every cloud) and without its web pages; what is scraped here stands in the configuration.
 * The module's version 0.315 is release 3.15.
 */
export const prometheus: Server = {
  ...common,
  title: 'Prometheus',
  name: 'prometheus',
  variable: 'SLIPWAY_PROMETHEUS_PROGRAM',
  packages: ['github.com/prometheus/prometheus/cmd/prometheus'],
  takes: 'two to four minutes on two cores',
};

/** promtool of the same module, with which the tests of the alert rules check and play them. */
export const promtool: Server = {
  ...common,
  title: 'promtool',
  name: 'promtool',
  module: { folder: 'prometheus', title: 'promtool' },
  variable: 'SLIPWAY_PROMTOOL',
  packages: ['github.com/prometheus/prometheus/cmd/promtool'],
  takes: 'one to three minutes on two cores',
};
