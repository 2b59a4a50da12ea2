import type { Server } from './server.ts';

/** The Temporal CLI: the dev server with its UI, and the `temporal` command. */
export const temporalCli: Server = {
  title: 'Temporal CLI',
  name: 'temporal',
  variable: 'SLIPWAY_TEMPORAL_CLI',
  packages: ['github.com/temporalio/cli/cmd/temporal'],
  version: { major: 1, minor: 5, patch: 1 },
  takes: 'two to four minutes on two cores',
  go: '1.25',
};
