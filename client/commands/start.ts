import { CommandError } from '../cli/command-error.ts';
import type { CommandModule } from '../cli/command.ts';

interface Options {
  with?: string;
}

export const start: CommandModule<Options> = {
  description: [
    'Brings the sandbox up (or uses the one of this folder that is up), starts a worker, and releases a commit of the',
    'sample service openagents-runtime to production. On a terminal it asks for the approval and stays up until',
    'Ctrl-C. With CI=true or without a terminal it approves by the public message, checks the result from outside,',
    'and ends. It stops only what it started. With an incident it goes on: the release goes bad when users come, the',
    'alert opens an incident, you say one word, production is back on what is known to be good, and the report of it',
    'is written, with the times that all of it took.',
  ].join(' '),
  flags: [
    [
      '--with <parts>',
      'kubernetes: with a cluster, and release to it instead of to Cloud Run; ' +
        'incident: with an incident, on Cloud Run (both are built once)',
      { names: ['kubernetes', 'incident'] },
    ],
  ],
  examples: [
    './slipway start',
    'CI=true ./slipway start',
    './slipway start --with kubernetes',
    './slipway start --with incident',
    './slipway start --dir /tmp/another-sandbox',
  ],
  connects: true,
  handlesInterrupt: true,
  run: async (session, { with: text = '' }) => {
    const { environment, output } = session;
    const unattended = ['true', '1'].includes(environment['CI'] ?? '');
    const interactive = output.live && process.stdin.isTTY === true && !unattended;
    const asked = text.split(',').filter((part) => part !== '');
    const parts = asked.filter((part) => part !== 'incident');
    if (parts.length === asked.length) {
      const { start: startRelease } = await import('../start/index.ts');
      return startRelease(session, { parts, interactive });
    }
    if (parts.includes('kubernetes')) throw noUsersInTheCluster();
    const { startIncident } = await import('../start/incident/index.ts');
    return startIncident(session, { parts, interactive });
  },
};

function noUsersInTheCluster(): CommandError {
  const message = 'the sandbox has no users of the cluster, so no release there goes bad: choose one of the two';
  return CommandError.badInput([{ path: 'with', message }], ['./slipway start --with incident']);
}
