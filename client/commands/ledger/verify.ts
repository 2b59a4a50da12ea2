import type { CommandModule } from '../../cli/command.ts';
import { flags } from '../../cli/flags.ts';

export interface VerifyOptions {
  environment?: string;
  from?: string;
  bucket?: string;
}

export const verify: CommandModule<VerifyOptions> = {
  description:
    'Reads stored ledgers, computes every hash anew, and says what is missing, altered or out of order; all of them ' +
    'without a service. Exit code 1 if one is not whole. It asks neither Temporal nor a worker.',
  arguments: [['[service]', 'a service of the catalog', { names: 'services' }]],
  flags: [
    flags.environment,
    [
      '--from <folder>',
      'where ledgers are kept (default: SLIPWAY_EVIDENCE, else where the worker has it)',
      { names: 'folders' },
    ],
    ['--bucket <gs://bucket/prefix>', 'the bucket where they are kept instead (default: SLIPWAY_EVIDENCE_BUCKET)'],
  ],
  examples: [
    './slipway ledger verify',
    './slipway ledger verify agento --environment production',
    './slipway ledger verify --bucket gs://audit/slipway',
  ],
  connects: true,
  run: async (session, options, service) => {
    const { verifyLedgers } = await import('./verify-ledgers.ts');
    return verifyLedgers(session, options, service);
  },
};
