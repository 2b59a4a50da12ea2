import { verdictOf, type Finding } from '../../contract/verdict.ts';

/** Joins the findings of all environments into one; those that do not pass come alone. */
export function combineFindings(findings: readonly (Finding & { environment: string })[]): Finding {
  const verdict = verdictOf(findings);
  const deviating = findings.filter((one) => one.verdict !== 'pass');
  const relevant = deviating.length > 0 ? deviating : findings;
  return { verdict, reason: relevant.map(({ environment, reason }) => `${environment}: ${reason}`).join('; ') };
}
