import { describeCommit } from '../../contract/artifact.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import { describeSkipped } from '../../contract/ending.ts';
import type { Finding } from '../../contract/verdict.ts';
import { verifiedChanges, type LedgerEntry } from '../../contract/ledger.ts';
import { currentLedger } from '../current-ledger.ts';
import type { Ports } from '../ports/index.ts';
import { combineFindings } from './findings.ts';

/** Names the state that each environment would go back to (runbook 004, pre-deploy checklist, line 5; invariant I5). */
export async function confirmRollbackTarget(
  { targets, environments, evidence }: Pick<Ports, 'targets' | 'environments' | 'evidence'>,
  stops: readonly CatalogEntry[],
): Promise<Finding> {
  return combineFindings(
    await Promise.all(
      stops.map(async (stop) => {
        const { environment } = stop;
        const { target } = stop.settings;
        const [{ live, good, obstacles }, { ledger }] = await Promise.all([
          targets[target.kind].snapshot(target),
          currentLedger({ environments, evidence }, stop),
        ]);
        if (obstacles.length > 0)
          return {
            environment,
            verdict: 'inconclusive' as const,
            reason: `a restore would not succeed: ${obstacles.join(', ')}`,
          };
        if (!good)
          return {
            environment,
            verdict: 'pass' as const,
            reason: live.exists
              ? 'nothing serves'
              : 'nothing was released so far: if the first release fails, it is removed',
          };
        return {
          environment,
          verdict: 'pass' as const,
          reason: `${describeCommit(good.commit)} (revision ${good.revision}, ${origin(ledger, good.digest)})`,
        };
      }),
    ),
  );
}

function origin(ledger: readonly LedgerEntry[], digest: string): string {
  const entry = verifiedChanges(ledger).findLast((one) => one.digest === digest);
  return entry ? `verified by change ${entry.change}${describeSkipped(entry.skipped ?? [])}` : 'serves now';
}
