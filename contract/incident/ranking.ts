import { categoryNames, categoryOf, type CategoryName } from './categories/index.ts';
import { readGroup } from './groups.ts';
import type { Evidence } from './look.ts';
import { hasWord } from './words.ts';

export interface RankedCategory {
  category: CategoryName;
  reason: string;
}

/** A service always has some failures: a category is likely from so many lines on, and from such a share of all. */
const minLines = 3;
const minShare = 0.2;
/** Lines of one category may have a word of another: it is likely, too, if it weighs so much of the heaviest. */
const minPart = 0.5;

/**
 * Ranks the categories by the alerts that fire and by their words in failing lines, the likeliest first. An empty list
 * where nothing fits: "not known" is an answer.
 */
export function rankCategories(evidence: readonly Evidence[]): RankedCategory[] {
  const alertLines = linesOf(evidence, 'alerts');
  const failing = linesOf(evidence, 'ids').map(readGroup);
  const total = failing.reduce((sum, { count }) => sum + count, 0);
  const all = categoryNames.map((category) => score(category, alertLines, failing, total));
  const heaviest = Math.max(...all.map(({ weight }) => weight));
  return all
    .filter(({ firing, weight }) => firing > 0 || (weight > 0 && weight >= heaviest * minPart))
    .toSorted((a, b) => b.firing - a.firing || b.weight - a.weight)
    .map(({ category, reason }) => ({ category, reason }));
}

interface Score extends RankedCategory {
  /** Alerts of the category that fire: they say more than any number of lines. */
  firing: number;
  /** Lines, each as often as it has words of the category; 0 if there are few. */
  weight: number;
}

function score(
  category: CategoryName,
  alertLines: readonly string[],
  failing: readonly { count: number; text: string }[],
  total: number,
): Score {
  const { alerts, words } = categoryOf(category);
  const firing = alerts.filter((alert) => alertLines.some((line) => hasWord(line, alert)));
  const found = failing
    .map(({ count, text }) => ({ count, said: words.filter((word) => hasWord(text, word)) }))
    .filter(({ said }) => said.length > 0);
  const lines = found.reduce((sum, { count }) => sum + count, 0);
  const isMuch = lines >= minLines && lines >= total * minShare;
  const said = words.filter((word) => found.some((one) => one.said.includes(word)));
  return {
    category,
    firing: firing.length,
    weight: isMuch ? found.reduce((sum, one) => sum + one.count * one.said.length, 0) : 0,
    reason: [
      ...(firing.length > 0 ? [`${firing.join(' and ')} fires`] : []),
      ...(lines > 0 ? [`${lines} of ${total} failing lines say ${said.join(', ')}`] : []),
    ].join('; '),
  };
}

/** Reads the lines of the newest evidence of a look. */
function linesOf(evidence: readonly Evidence[], name: 'alerts' | 'ids'): readonly string[] {
  return evidence.findLast((one) => one.name === name)?.lines ?? [];
}
