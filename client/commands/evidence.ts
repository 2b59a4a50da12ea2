import { verifyEvidence } from '../../activities/evidence/verify.ts';
import { createFileEvidence } from '../../activities/files/evidence.ts';
import type { EvidenceObjects } from '../../activities/ports/index.ts';
import { readSandbox } from '../../sandbox/description.ts';
import { evidenceFolder } from '../../worker/config.ts';
import type { CommandModule } from '../cli/command.ts';
import { exitCodes } from '../cli/exit-codes.ts';
import { flags } from '../cli/flags.ts';
import { evidencePage } from '../report/evidence-page.ts';
import { pageHtml } from '../report/html/page.ts';
import { pageMarkdown } from '../report/markdown.ts';
import { findEvidence } from '../requests/find-evidence.ts';
import { writeReport } from './write-report.ts';

interface Options {
  environment?: string;
  from?: string;
  bucket?: string;
  markdown?: string;
  html?: string;
}

/** Opens a bucket. Google's client takes a moment to load, which only who has a bucket waits for. */
async function bucketObjects(bucket: string, cloud: { http: string } | undefined): Promise<EvidenceObjects> {
  const { createBucketObjects } = await import('../../activities/google/storage.ts');
  return createBucketObjects(bucket, cloud);
}

export const evidence: CommandModule<Options> = {
  summary: 'what was checked of a release before users got it, with every hash verified',
  description:
    'Reads the stored evidence and the ledger, computes every hash anew, and shows what was kept. Without a file: ' +
    'Markdown, here. The HTML page needs nothing beside it. Exit code 1 if anything is not what was kept. ' +
    'It asks neither Temporal nor a worker.',
  arguments: [['<release>', 'a change id, a commit, a revision, the hash of a manifest; or a service: its newest']],
  flags: [
    flags.environment,
    [
      '--from <folder>',
      'where ledgers and evidence are kept (default: SLIPWAY_EVIDENCE, else where the worker has it)',
    ],
    ['--bucket <gs://bucket/prefix>', 'where the texts are kept instead (default: SLIPWAY_EVIDENCE_BUCKET)'],
    ['--markdown <file>', 'write it as Markdown into this file'],
    ['--html <file>', 'write it as one HTML page into this file'],
  ],
  examples: [
    './slipway evidence oneiric --environment production --html evidence.html',
    './slipway evidence c3983be17d7 --from /mnt/audit/evidence',
  ],
  connects: true,
  run: async ({ output, environment, dir }, options, given = '') => {
    const sandbox = await readSandbox(dir ?? environment['SLIPWAY_SANDBOX_DIR']);
    const folder = options.from ?? evidenceFolder(environment, sandbox);
    const bucket = options.bucket ?? environment['SLIPWAY_EVIDENCE_BUCKET'];
    const store = { ...createFileEvidence(folder), ...(bucket && (await bucketObjects(bucket, sandbox?.cloud))) };
    const { place, ledger, entry, hash } = await findEvidence(folder, store, given, options.environment);
    const verified = await verifyEvidence(store, ledger, entry, hash);
    const page = evidencePage(place, verified, new Date().toISOString());
    const written = await writeReport(options, { markdown: () => pageMarkdown(page), html: () => pageHtml(page) });
    output.result({ ...place, written, ...verified });
    for (const file of written) output.line(`written: ${file}`);
    if (written.length === 0) output.line(pageMarkdown(page).trimEnd());
    for (const problem of verified.problems) output.note(problem);
    return verified.problems.length === 0 ? exitCodes.ok : exitCodes.failed;
  },
};
