import { flags, required } from '../cli/flags.ts';
import { startCommand } from './start-command.ts';

interface Options {
  environment?: string;
}

export const restart = startCommand({
  type: 'restart',
  description: [
    'In a cluster as kubectl rollout restart does it, and judged to its end. Cloud Run restarts no instances: there',
    'it is a new revision of the same template. No freeze stops it. It waits for who holds the environment.',
  ].join(' '),
  flags: [flags.ownEnvironment, required(flags.reason)],
  examples: ["./slipway restart openagents-runtime --environment production --reason 'stale leases' --watch"],
  environmentOf: ({ environment }: Options) => environment,
  inputOf: ({ environment }) => ({ environment }),
});
