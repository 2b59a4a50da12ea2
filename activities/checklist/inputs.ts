import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import { describeProblems } from '../../contract/failures.ts';
import type { Finding } from '../../contract/verdict.ts';
import { absentSecrets, readConfiguration } from '../configuration/index.ts';
import type { Ports } from '../ports/index.ts';
import { procfileProblems } from '../procfile.ts';
import { combineFindings } from './findings.ts';

/**
 * Confirms that inputs are declared, nothing hides another, secrets are present in each environment, and Procfiles of
 * the commit agree (runbook 004, required inputs and pre-deploy checklist, line 4; runbook 002, sections 3 and 6).
 * Reads no value.
 */
export async function confirmInputs(
  { secrets, sources }: Pick<Ports, 'secrets' | 'sources'>,
  stops: readonly CatalogEntry[],
  commit: string,
): Promise<Finding> {
  return combineFindings(
    await Promise.all(
      stops.map(async (entry) => {
        const { environment, settings } = entry;
        const [{ problems }, absent, procfile] = await Promise.all([
          readConfiguration(sources, entry, commit),
          absentSecrets(secrets, entry),
          procfileProblems(sources, entry, commit),
        ]);
        const all = [...procfile, ...problems, ...absent];
        if (all.length > 0) return { environment, verdict: 'fail' as const, reason: describeProblems(all) };
        const { inputs = [], secrets: declared } = settings;
        const reason = `${inputs.length} inputs declared, ${Object.keys(declared).length} secrets enabled`;
        return { environment, verdict: 'pass' as const, reason };
      }),
    ),
  );
}
