import { resolveField } from './schema.ts';
import type { Expression } from './syntax.ts';
import { toSeverityRank, toTimestamp } from './values.ts';

/** Bounds that every match keeps, so that a store can use its index. Undefined where the filter implies nothing. */
export interface FilterBounds {
  /** Nanoseconds since 1970, inclusive. */
  readonly from: bigint | undefined;
  readonly to: bigint | undefined;
  readonly resourceType: string | undefined;
  readonly minimumSeverity: number | undefined;
}

type Comparison = Extract<Expression, { kind: 'comparison' }>;

/** Reads the bounds from the comparisons that are joined by AND at the top. */
export function filterBounds(expression: Expression): FilterBounds {
  const terms = expression.kind === 'and' ? expression.terms : [expression];
  const comparisons = terms.filter((term): term is Comparison => term.kind === 'comparison');
  const on = (field: string): Comparison[] =>
    comparisons.filter((term) => resolveField(term.path).keys.join('.') === field);
  const times = (...operators: string[]): bigint[] =>
    on('timestamp')
      .filter((term) => operators.includes(term.operator))
      .flatMap((term) => toTimestamp(term.literal.text) ?? []);
  const severities = on('severity')
    .filter((term) => ['=', '>', '>='].includes(term.operator))
    .flatMap((term) => toSeverityRank(term.literal.text) ?? []);
  return {
    from: times('>', '>=', '=').reduce<bigint | undefined>(
      (highest, at) => (highest === undefined || at > highest ? at : highest),
      undefined,
    ),
    to: times('<', '<=', '=').reduce<bigint | undefined>(
      (lowest, at) => (lowest === undefined || at < lowest ? at : lowest),
      undefined,
    ),
    resourceType: on('resource.type').find((term) => term.operator === '=')?.literal.text,
    minimumSeverity: severities.length === 0 ? undefined : Math.max(...severities),
  };
}
