import { verifyEvidence } from '../../activities/evidence/verify.ts';
import { readSandbox } from '../../sandbox/description.ts';
import { evidenceFolder } from '../../worker/config.ts';
import { openEvidenceStore } from '../../worker/evidence-store.ts';
import { exitCodes, type ExitCode } from '../cli/exit-codes.ts';
import type { Session } from '../cli/session.ts';
import { evidencePage } from '../report/evidence-page.ts';
import { pageHtml } from '../report/html/page.ts';
import { pageMarkdown } from '../report/markdown.ts';
import { findEvidence } from '../requests/find-evidence.ts';
import type { EvidenceOptions } from './evidence.ts';
import { writeReport } from './write-report.ts';

/** Shows what was checked of a release, with every hash computed anew. */
export async function showEvidence(
  { output, environment, dir }: Session,
  options: EvidenceOptions,
  given = '',
): Promise<ExitCode> {
  const sandbox = await readSandbox(dir ?? environment['SLIPWAY_SANDBOX_DIR']);
  const folder = options.from ?? evidenceFolder(environment, sandbox);
  const bucket = options.bucket ?? environment['SLIPWAY_EVIDENCE_BUCKET'];
  const store = await openEvidenceStore({ folder, bucket, cloud: sandbox?.cloud });
  const { place, ledger, entry, hash } = await findEvidence(store, given, options.environment);
  const verified = await verifyEvidence(store, ledger, entry, hash);
  const page = evidencePage(place, verified, new Date().toISOString());
  const written = await writeReport(options, { markdown: () => pageMarkdown(page), html: () => pageHtml(page) });
  output.result({ ...place, written, ...verified });
  for (const file of written) output.line(`written: ${file}`);
  if (written.length === 0) output.line(pageMarkdown(page).trimEnd());
  for (const problem of verified.problems) output.note(problem);
  return verified.problems.length === 0 ? exitCodes.ok : exitCodes.failed;
}
