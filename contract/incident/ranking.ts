import { categoryNames, categoryOf, type CategoryName } from './categories/index.ts';
import { readGroup } from './groups.ts';
import { usualFailuresLook, type Evidence } from './look.ts';
import { hasWord } from './words.ts';

export interface RankedCategory {
  category: CategoryName;
  reason: string;
}

/** A word alone may be anybody's: a line tells of a category if it has so many of its words. */
const minWords = 2;
/** A category is likely from so many lines on, and from such a share of all. */
const minLines = 3;
const minShare = 0.2;
/** A service always has some failures: they have to be so many times as many as in a usual time. */
const minRise = 3;
/** Lines of one category may have a word of another: it is likely, too, if it weighs so much of the heaviest. */
const minPart = 0.5;

/**
 * Ranks the categories by the alerts that fire and by their words in failing lines, the likeliest first. An empty list
 * where nothing fits: "not known" is an answer.
 */
export function rankCategories(evidence: readonly Evidence[]): RankedCategory[] {
  const alertLines = linesOf(evidence, 'alerts');
  const failing = linesOf(evidence, 'ids').map(readGroup);
  const usual = linesOf(evidence, usualFailuresLook).map(readGroup);
  const all = categoryNames.map((category) => score(category, { alertLines, failing, usual }));
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

interface Seen {
  alertLines: readonly string[];
  /** Failing lines now, and in a usual time of the same length. */
  failing: readonly Group[];
  usual: readonly Group[];
}

type Group = ReturnType<typeof readGroup>;

function score(category: CategoryName, { alertLines, failing, usual }: Seen): Score {
  const { alerts, words } = categoryOf(category);
  const firing = alerts.filter((alert) => alertLines.some((line) => hasWord(line, alert)));
  const found = linesAbout(words, failing);
  const lines = countIn(found);
  const total = countIn(failing);
  const isMuch = lines >= minLines && lines >= total * minShare && lines >= countIn(linesAbout(words, usual)) * minRise;
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

/** Selects the lines that tell of a category, with its words in them. */
function linesAbout(words: readonly string[], groups: readonly Group[]) {
  return groups
    .map(({ count, text }) => ({ count, said: words.filter((word) => hasWord(text, word)) }))
    .filter(({ said }) => said.length >= minWords);
}

function countIn(groups: readonly { count: number }[]): number {
  return groups.reduce((sum, { count }) => sum + count, 0);
}

/** Reads the lines of the newest evidence of a look. */
function linesOf(evidence: readonly Evidence[], name: string): readonly string[] {
  return evidence.findLast((one) => one.name === name)?.lines ?? [];
}
