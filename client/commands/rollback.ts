import { flags, required } from '../cli/flags.ts';
import { startCommand } from './start-command.ts';

interface Options {
  environment?: string;
  to?: string;
  schemaVersion?: string;
  dryRun?: boolean;
}

export const rollback = startCommand({
  type: 'rollback',
  flags: [
    flags.ownEnvironment,
    required(flags.reason),
    ['--to <state>', 'a change id, commit or revision that the ledger knows (default: the last known good)'],
    [
      '--schema-version <version>',
      'across an incompatible migration: the version to which people bring the schema by hand',
    ],
    ['--dry-run', 'only plan: nothing is changed'],
  ],
  examples: [
    "./slipway rollback openagents-runtime --environment production --reason 'errors since the release' --watch",
    "./slipway rollback openagents-runtime --environment production --reason 'errors' --to c0123456789",
  ],
  before: async (slipway, input) => {
    const { refuseRepeatedRollback } = await import('../requests/earlier-rollback.ts');
    await refuseRepeatedRollback(slipway, input);
  },
  environmentOf: ({ environment }: Options) => environment,
  inputOf: ({ environment, to, schemaVersion, dryRun }) => ({ environment, to, schemaVersion, dryRun }),
});
