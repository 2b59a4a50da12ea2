import type { Server } from './server.ts';

/** etcd, in which the API server keeps everything. Debian's 3.4 is too old: watches of the API server fail on it. */
export const etcd: Server = {
  title: 'etcd',
  name: 'etcd',
  variable: 'SLIPWAY_ETCD',
  packages: ['go.etcd.io/etcd/server/v3'],
  version: { major: 3, minor: 6, patch: 0 },
  takes: 'half a minute on two cores',
  go: '1.26',
};
