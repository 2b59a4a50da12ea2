/** Lists what a check can say. Inconclusive is not a pass: a check that could not look says so (invariant I10). */
export const verdicts = ['pass', 'fail', 'inconclusive'] as const;
export type Verdict = (typeof verdicts)[number];

/** Says in a sentence what a check has done. */
export const verdictWords: Record<Verdict, string> = { pass: 'passed', fail: 'failed', inconclusive: 'inconclusive' };

/** Holds what one check found, with the reason in one line for a person. */
export interface Finding {
  verdict: Verdict;
  reason: string;
}

/** Sums several findings up: one fail is a fail, and no finding at all is no pass. */
export function verdictOf(findings: readonly Pick<Finding, 'verdict'>[]): Verdict {
  const all = findings.map(({ verdict }) => verdict);
  if (all.includes('fail')) return 'fail';
  return all.length === 0 || all.includes('inconclusive') ? 'inconclusive' : 'pass';
}
