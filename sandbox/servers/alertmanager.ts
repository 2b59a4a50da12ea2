import type { Server } from './server.ts';

/** Version of the pinned module, which the program says of itself. */
const version = '0.34.2';

/**
 * Alertmanager, to which Prometheus sends its alerts. Built without its web pages: the module's archive lacks them,
 * since a release makes them beforehand, and the code does not compile without one (platform: Alertmanager, ui/web.go).
 */
export const alertmanager: Server = {
  title: 'Alertmanager',
  name: 'alertmanager',
  variable: 'SLIPWAY_ALERTMANAGER',
  packages: ['github.com/prometheus/alertmanager/cmd/alertmanager'],
  completed: {
    module: 'github.com/prometheus/alertmanager',
    files: { 'ui/app/dist/index.html': '<!doctype html><p>Built without web pages. See /api/v2/alerts.</p>\n' },
  },
  linkerFlags: [`-X github.com/prometheus/common/version.Version=${version}`],
  version: { major: 0, minor: 34, patch: 0 },
  takes: 'one to two minutes on two cores',
  go: '1.26',
};
