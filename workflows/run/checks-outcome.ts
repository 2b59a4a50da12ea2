import type { GateLine } from '../../contract/status.ts';
import type { Verdict } from '../../contract/verdict.ts';

/** Says in one line what is off, the worst first; what could not be seen is no pass (invariant I10). */
export function describeOutcome(checks: readonly GateLine[]): string {
  const lines = (verdict: Verdict) =>
    checks.filter((check) => check.verdict === verdict).map(({ name, reason }) => `${name}: ${reason}`);
  const [failed, inconclusive] = [lines('fail'), lines('inconclusive')];
  if (failed.length + inconclusive.length === 0) return `all ${checks.length} checks passed`;
  return [
    `${checks.length - failed.length - inconclusive.length} of ${checks.length} checks passed`,
    ...failed,
    ...inconclusive.map((line) => `inconclusive: ${line}`),
  ].join('; ');
}
