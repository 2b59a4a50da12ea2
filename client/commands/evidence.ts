import type { CommandModule } from '../cli/command.ts';
import { flags } from '../cli/flags.ts';

export interface EvidenceOptions {
  environment?: string;
  from?: string;
  bucket?: string;
  markdown?: string;
  html?: string;
}

export const evidence: CommandModule<EvidenceOptions> = {
  description:
    'Reads the stored evidence and the ledger, computes every hash anew, and shows what was kept. Without a file: ' +
    'Markdown, here. The HTML page needs nothing beside it. Exit code 1 if anything is not what was kept. ' +
    'It asks neither Temporal nor a worker.',
  arguments: [
    [
      '<release>',
      'a change id, a commit, a revision, the hash of a manifest; or a service: its newest',
      { names: 'services' },
    ],
  ],
  flags: [
    flags.environment,
    [
      '--from <folder>',
      'where ledgers and evidence are kept (default: SLIPWAY_EVIDENCE, else where the worker has it)',
      { names: 'folders' },
    ],
    ['--bucket <gs://bucket/prefix>', 'the bucket where they are kept instead (default: SLIPWAY_EVIDENCE_BUCKET)'],
    ['--markdown <file>', 'write it as Markdown into this file', { names: 'files' }],
    ['--html <file>', 'write it as one HTML page into this file', { names: 'files' }],
  ],
  examples: [
    './slipway evidence oneiric --environment production --html evidence.html',
    './slipway evidence c3983be17d7 --from /mnt/audit/evidence',
  ],
  connects: true,
  run: async (session, options, given) => {
    const { showEvidence } = await import('./show-evidence.ts');
    return showEvidence(session, options, given);
  },
};
