import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import { describeProblems } from '../../contract/failures.ts';
import type { Finding } from '../../contract/verdict.ts';
import { absentSecrets, readConfiguration } from '../configuration/index.ts';
import type { Ports } from '../ports/index.ts';
import { combineFindings } from './findings.ts';

/**
 * Confirms that inputs are declared, nothing hides another, and secrets are present in each environment (runbook 004,
 * required inputs; pre-deploy checklist, line 4; runbook 002, section 6). Reads no value.
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
        const [{ problems }, absent] = await Promise.all([
          readConfiguration(sources, entry, commit),
          absentSecrets(secrets, entry),
        ]);
        const all = [...problems, ...absent];
        if (all.length > 0) return { environment, verdict: 'fail' as const, reason: describeProblems(all) };
        const { inputs = [], secrets: declared } = settings;
        const reason = `${inputs.length} inputs declared, ${Object.keys(declared).length} secrets enabled`;
        return { environment, verdict: 'pass' as const, reason };
      }),
    ),
  );
}
