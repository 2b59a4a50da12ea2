import { categoryNames, categoryOf, type CategoryName } from './categories/index.ts';
import { readGroup } from './groups.ts';
import type { Evidence } from './look.ts';
import { hasWord } from './words.ts';

export interface RankedCategory {
  category: CategoryName;
  reason: string;
}

/** A service always has some failures. A category needs more lines than this, and this share of all, to be likely. */
const minLines = 3;
const minShare = 0.2;
/** An alert of the category says more than any number of lines. */
const alertScore = 1_000_000;

/**
 * Ranks the categories by the alerts that fire and by their words in failing lines, the likeliest first. An empty list
 * where nothing fits: "not known" is an answer.
 */
export function rankCategories(evidence: readonly Evidence[]): RankedCategory[] {
  const alertLines = linesOf(evidence, 'alerts');
  const failing = linesOf(evidence, 'ids').map(readGroup);
  const total = failing.reduce((sum, { count }) => sum + count, 0);
  return categoryNames
    .map((category) => rank(category, alertLines, failing, total))
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score)
    .map(({ category, reason }) => ({ category, reason }));
}

function rank(
  category: CategoryName,
  alertLines: readonly string[],
  failing: readonly { count: number; text: string }[],
  total: number,
): RankedCategory & { score: number } {
  const { alerts, words } = categoryOf(category);
  const firing = alerts.filter((alert) => alertLines.some((line) => hasWord(line, alert)));
  const found = failing.map(({ count, text }) => ({ count, words: words.filter((word) => hasWord(text, word)) }));
  const lines = found.reduce((sum, { count, words: matched }) => sum + (matched.length > 0 ? count : 0), 0);
  const isMuch = lines >= minLines && lines >= total * minShare;
  // A line with two words of a category says more than one with a single word that others use, too.
  const weight = found.reduce((sum, { count, words: matched }) => sum + count * matched.length, 0);
  const matched = words.filter((word) => found.some((one) => one.words.includes(word)));
  return {
    category,
    score: firing.length * alertScore + (isMuch ? weight : 0),
    reason: [
      ...(firing.length > 0 ? [`${firing.join(' and ')} fires`] : []),
      ...(lines > 0 ? [`${lines} of ${total} failing lines say ${matched.join(', ')}`] : []),
    ].join('; '),
  };
}

/** Reads the lines of the newest evidence of a look. */
function linesOf(evidence: readonly Evidence[], name: 'alerts' | 'ids'): readonly string[] {
  return evidence.findLast((one) => one.name === name)?.lines ?? [];
}
