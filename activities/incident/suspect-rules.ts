import { hasWord } from '../../contract/incident/words.ts';
import { countOf } from '../../contract/plan.ts';
import type { ChangeEntry } from '../../contract/ledger.ts';

/** Points of each rule. A person reads them beside the suspect, so they are few and round. */
export const scores = {
  /** By how long before the onset it ended, in minutes. */
  soon: [
    { minutes: 15, points: 40 },
    { minutes: 60, points: 25 },
    { minutes: 360, points: 10 },
  ],
  serves: 30,
  replaced: -30,
  newCode: 15,
  migrations: 10,
  unverified: 10,
  words: 10,
  underWay: 45,
  byHand: 35,
} as const;

export interface RankingFacts {
  onset: string;
  /** True if what it released serves now. */
  serves: boolean;
  /** Words of the incident's category. */
  words: readonly string[];
  /** Its commits, one line each. */
  commits: readonly string[];
}

/** Scores a change that ended before the onset, with a reason for each part of the score. */
export function rankChange(
  change: ChangeEntry,
  { onset, serves, words, commits }: RankingFacts,
): { score: number; reasons: string[] } {
  const minutes = Math.max(0, (Date.parse(onset) - Date.parse(change.at)) / 60_000);
  const near = scores.soon.find((rule) => minutes <= rule.minutes);
  const brought = typeof change.serves === 'object' && change.serves.digest !== change.before?.digest;
  const named = words.filter((word) => commits.some((line) => hasWord(line, word)));
  const rules: [holds: boolean, points: number, reason: string][] = [
    [near !== undefined, near?.points ?? 0, `it ended ${durationText(minutes)} before the onset`],
    [serves, scores.serves, 'what it released serves now'],
    [!serves && brought, scores.replaced, 'what it released does not serve any more'],
    [brought, scores.newCode, `users got other code by it${commits.length > 0 ? `: ${commitsText(commits)}` : ''}`],
    [change.migrations.length > 0, scores.migrations, `it ran ${countOf(change.migrations.length, 'migration')}`],
    [!change.verified && change.kind !== 'restart', scores.unverified, 'it did not reach its aim'],
    [named.length > 0, scores.words, `its commits speak of ${named.join(', ')}`],
  ];
  const hold = rules.filter(([holds]) => holds);
  return {
    score: hold.reduce((sum, [, points]) => sum + points, 0),
    reasons: hold.map(([, points, reason]) => `${points > 0 ? '+' : ''}${points} ${reason}`),
  };
}

function commitsText(commits: readonly string[]): string {
  return `${countOf(commits.length, 'commit')}, the newest ${commits[0] ?? ''}`;
}

function durationText(minutes: number): string {
  if (minutes < 1) return 'less than a minute';
  if (minutes < 120) return countOf(Math.round(minutes), 'minute');
  return countOf(Math.round(minutes / 60), 'hour');
}
