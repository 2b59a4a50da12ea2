import { verdictOf, type Finding } from '../../contract/verdict.ts';

/** One line for all environments: what each says, those first that are in the way. */
export function combineFindings(found: readonly (Finding & { environment: string })[]): Finding {
  const verdict = verdictOf(found);
  const deviating = found.filter((one) => one.verdict !== 'pass');
  const said = deviating.length > 0 ? deviating : found;
  return { verdict, reason: said.map(({ environment, reason }) => `${environment}: ${reason}`).join('; ') };
}
