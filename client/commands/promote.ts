import { flags, required } from '../cli/flags.ts';
import { startCommand } from './start-command.ts';

interface Options {
  from?: string;
  to?: string;
  dryRun?: boolean;
  ticket?: number;
}

export const promote = startCommand({
  type: 'promote',
  flags: [
    required(['--from <name>', 'the environment that verified it', { names: 'environments' }]),
    required(['--to <name>', 'the environment that gets it', { names: 'environments' }]),
    flags.ticket,
    ['--dry-run', 'only plan: nothing is changed'],
  ],
  examples: [
    './slipway promote openagents-runtime --from staging --to production --watch',
    './slipway promote openagents-runtime --from staging --to production --dry-run --wait',
  ],
  environmentOf: ({ to }: Options) => to,
  inputOf: ({ from, to, dryRun, ticket }) => ({ from, to, dryRun, ticket }),
});
