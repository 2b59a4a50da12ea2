import type { CommandModule } from '../cli/command.ts';
import { start as startAll } from '../start/index.ts';

interface Options {
  with?: string;
}

export const start: CommandModule<Options> = {
  summary: 'start everything at once: local world, worker, and a real release that you approve',
  description: [
    'Brings the sandbox up (or uses the one of this folder that is up), starts a worker, and releases a commit of the',
    'sample service openagents-runtime to production. On a terminal it asks for the approval and stays up until',
    'Ctrl-C. With CI=true or without a terminal it approves by the public message, checks the result from outside,',
    'and ends. It stops only what it started.',
  ].join(' '),
  flags: [['--with <parts>', 'kubernetes: with a cluster, and release to it instead of to Cloud Run (built once)']],
  examples: [
    './slipway start',
    'CI=true ./slipway start',
    './slipway start --with kubernetes',
    './slipway start --dir /tmp/another-sandbox',
  ],
  connects: true,
  handlesInterrupt: true,
  run: async (session, { with: parts }) => {
    const { environment, output } = session;
    const unattended = ['true', '1'].includes(environment['CI'] ?? '');
    const interactive = output.live && process.stdin.isTTY === true && !unattended;
    return startAll(session, { parts: parts?.split(',') ?? [], interactive });
  },
};
