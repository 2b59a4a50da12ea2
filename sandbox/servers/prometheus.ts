import type { Server } from './server.ts';

/**
 * Prometheus, for the metric gates. Built without the discovery of foreign platforms (a third of its packages: the
 * clients of every cloud) and without its web pages; what is scraped here stands in the configuration. The module's
 * version 0.315 is release 3.15.
 */
export const prometheus: Server = {
  title: 'Prometheus',
  name: 'prometheus',
  variable: 'SLIPWAY_PROMETHEUS_PROGRAM',
  packages: ['github.com/prometheus/prometheus/cmd/prometheus'],
  tags: ['remove_all_sd'],
  version: { major: 3, minor: 0, patch: 0 },
  takes: 'two to four minutes on two cores',
  go: '1.26',
};
