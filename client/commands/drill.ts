import { drillParts } from '../../contract/drill.ts';
import { flags } from '../cli/flags.ts';
import { startCommand } from './start-command.ts';

interface Options {
  environment?: string;
  kind?: string;
}

export const drill = startCommand({
  type: 'drill',
  description: [
    'Deletes a pod, restarts the workload pod by pod, and breaks connections, while clients stream against the',
    'endpoint that the catalog names. It holds the environment, and leaves image and revision as they were. Refused',
    'where the catalog entry has no field drill, and on Cloud Run.',
  ].join(' '),
  flags: [
    flags.ownEnvironment,
    [
      '--kind <parts>',
      'deletePod, restart, breakConnections, several with commas between, or all (the default)',
      { names: ['all', ...drillParts] },
    ],
  ],
  examples: [
    "./slipway drill openagents-runtime --environment cluster --reason 'before the launch' --watch",
    './slipway drill openagents-runtime --environment cluster --kind deletePod,breakConnections --wait --json',
  ],
  environmentOf: ({ environment }: Options) => environment,
  inputOf: ({ environment, kind }) => ({ environment, kind: kind?.includes(',') ? kind.split(',') : kind }),
});
