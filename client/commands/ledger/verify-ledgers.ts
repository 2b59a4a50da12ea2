import { listLedgers } from '../../../activities/ledger/index.ts';
import { verifyLedger } from '../../../activities/ledger/verify.ts';
import { entryCount } from '../../../contract/unwritten.ts';
import { readSandbox } from '../../../sandbox/description.ts';
import { evidenceFolder } from '../../../worker/config.ts';
import { openEvidenceStore } from '../../../worker/evidence-store.ts';
import { CommandError } from '../../cli/command-error.ts';
import { exitCodes, type ExitCode } from '../../cli/exit-codes.ts';
import type { Session } from '../../cli/session.ts';
import { cleanLine } from '../../cli/text.ts';
import type { VerifyOptions } from './verify.ts';

/** Checks the stored ledgers of a service, or of all. */
export async function verifyLedgers(
  { output, environment, dir }: Session,
  options: VerifyOptions,
  service?: string,
): Promise<ExitCode> {
  const sandbox = await readSandbox(dir ?? environment['SLIPWAY_SANDBOX_DIR']);
  const folder = options.from ?? evidenceFolder(environment, sandbox);
  const bucket = options.bucket ?? environment['SLIPWAY_EVIDENCE_BUCKET'];
  const { texts } = await openEvidenceStore({ folder, bucket, cloud: sandbox?.cloud });
  const places = (await listLedgers(texts)).filter(
    (place) =>
      (service === undefined || place.service === service) &&
      (options.environment === undefined || place.environment === options.environment),
  );
  if (places.length === 0)
    throw CommandError.notFound(`no such ledger is in ${texts.name}`, [
      'ledgers are where the worker keeps them: name that by --from, --bucket, or SLIPWAY_EVIDENCE',
    ]);
  const ledgers = [];
  for (const place of places) ledgers.push(await verifyLedger(texts, place));
  output.result({ store: texts.name, ledgers });
  for (const { service: name, environment: where, entries, problems, accepted } of ledgers) {
    const state = problems.length === 0 ? 'whole' : 'not whole';
    output.line(cleanLine(`${name} in ${where}: ${entryCount(entries)}, ${state}`));
    for (const problem of problems) output.line(cleanLine(`  ${problem}`));
    for (const problem of accepted) output.note(cleanLine(`known, and accepted in the ledger: ${problem}`));
  }
  return ledgers.every(({ problems }) => problems.length === 0) ? exitCodes.ok : exitCodes.failed;
}
