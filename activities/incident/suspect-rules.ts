import { hasWord } from '../../contract/incident/words.ts';
import { countOf } from '../../contract/plan.ts';
import type { ChangeEntry, LedgerEntry } from '../../contract/ledger.ts';
import type { Course } from './symptom.ts';

/** Points of each rule. A person reads them beside the suspect, so they are few and round. */
export const scores = {
  /** By how long before the onset it ended, in minutes. */
  soon: [
    { minutes: 15, points: 40 },
    { minutes: 60, points: 25 },
    { minutes: 360, points: 10 },
  ],
  /** It ended after the onset: users may have had it before. */
  late: 25,
  serves: 30,
  replaced: -30,
  newCode: 15,
  newSettings: 15,
  migrations: 10,
  unverified: 10,
  words: 10,
  /** The most frequent failing lines of the log, around the change. */
  linesBegan: 40,
  linesCameBefore: -20,
  linesStayedAway: -20,
  underWay: 45,
  byHand: 45,
  restarted: 10,
  leftUnknown: 15,
  /** By itself it gives users nothing; what waited for it may. */
  lifted: -15,
} as const;

export interface RankingFacts {
  onset: string;
  /**
   * What serves of it: `all` if its revision or its code does as it came, `contained` if newer code has it in it, and
   * `unknown` if nobody could say.
   */
  serves: 'all' | 'contained' | 'nothing' | 'unknown';
  /** Words of the incident's category. */
  words: readonly string[];
  /** Its commits, one line each. */
  commits: readonly string[];
  /** How the most frequent failing lines went around it; null if there is too little to say. */
  course: Course | null;
  /** True if those lines began to be many after a later change, too: that one is nearer. */
  isSucceeded: boolean;
}

export type Rule = [holds: boolean, points: number, reason: string];

/** Scores a change with a reason for each part of the score. */
export function rankChange(change: ChangeEntry, facts: RankingFacts): { score: number; reasons: string[] } {
  const { onset, serves, words, commits } = facts;
  const minutes = (Date.parse(onset) - Date.parse(change.at)) / 60_000;
  const isLate = minutes < 0;
  const { hasCode, hasSettings, isTakenBack } = broughtBy(change);
  const isGone = serves === 'nothing' && (hasCode || isTakenBack);
  const named = words.filter((word) => commits.some((line) => hasWord(line, word)));
  return sumOf([
    ...(isLate ? [] : [timeRule(minutes)]),
    [isLate, scores.late, `it ended ${durationText(-minutes)} after the onset: users may have had it before`],
    [serves === 'all', scores.serves, 'what it released serves now'],
    [isGone, scores.replaced, 'what it released does not serve any more'],
    [hasCode, scores.newCode, `users got other code by it${commits.length > 0 ? `: ${commitsText(commits)}` : ''}`],
    [hasSettings, scores.newSettings, 'users got other settings by it, with the same code'],
    [change.migrations.length > 0, scores.migrations, `it ran ${countOf(change.migrations.length, 'migration')}`],
    [!change.verified && change.kind !== 'restart', scores.unverified, 'it did not reach its aim'],
    [named.length > 0, scores.words, `its commits speak of ${named.join(', ')}`],
    ...rulesOfLines(change.at, facts),
  ]);
}

/** Entries of the ledger besides changes that may have to do with an incident. */
export type EventEntry = Extract<LedgerEntry, { kind: 'drill' | 'unclean' | 'lift' | 'unfreeze' }>;

const eventRules: Record<EventEntry['kind'], Rule> = {
  drill: [true, scores.restarted, 'it restarted instances'],
  unclean: [true, scores.leftUnknown, 'a run ended without saying what it left'],
  lift: [true, scores.lifted, 'it only let an artifact be released again'],
  unfreeze: [true, scores.lifted, 'it only let releases go on'],
};

/** Scores such an entry from before the onset. */
export function rankEvent({ kind, at }: EventEntry, onset: string): { score: number; reasons: string[] } {
  return sumOf([timeRule((Date.parse(onset) - Date.parse(at)) / 60_000), eventRules[kind]]);
}

function timeRule(minutes: number): Rule {
  const near = scores.soon.find((rule) => minutes <= rule.minutes);
  return [near !== undefined, near?.points ?? 0, `it ended ${durationText(minutes)} before the onset`];
}

/** Judges by the most frequent failing lines: what brought them came before them, and shortly. */
export function rulesOfLines(
  at: string,
  { course, isSucceeded }: Pick<RankingFacts, 'course' | 'isSucceeded'>,
): Rule[] {
  const lines = 'the most frequent failing lines';
  switch (course?.kind) {
    case 'began': {
      const minutes = Math.max(0, (Date.parse(course.at) - Date.parse(at)) / 60_000);
      return [
        [!isSucceeded, scores.linesBegan, `${lines} began ${durationText(minutes)} after it`],
        [isSucceeded, scores.linesStayedAway, `${lines} began after a later change`],
      ];
    }
    case 'cameBefore':
      return [[true, scores.linesCameBefore, `${lines} came before it as well`]];
    case 'stayedAway':
      return [
        [
          true,
          scores.linesStayedAway,
          `hardly any of ${lines} came in the ${countOf(course.minutes, 'minute')} after it`,
        ],
      ];
    case undefined:
      return [];
  }
}

/** Adds up the rules that hold. */
export function sumOf(rules: readonly Rule[]): { score: number; reasons: string[] } {
  const hold = rules.filter(([holds]) => holds);
  return {
    score: hold.reduce((sum, [, points]) => sum + points, 0),
    reasons: hold.map(([, points, reason]) => `${points > 0 ? '+' : ''}${points} ${reason}`),
  };
}

/** Says what users got by a change, as the ledger has it. */
export function broughtBy({ serves, before, verified }: ChangeEntry): {
  hasCode: boolean;
  hasSettings: boolean;
  isTakenBack: boolean;
} {
  if (typeof serves !== 'object') return { hasCode: false, hasSettings: false, isTakenBack: false };
  const hasCode = serves.digest !== before?.digest;
  return {
    hasCode,
    hasSettings: !hasCode && verified && serves.revision !== before?.revision,
    isTakenBack: !hasCode && !verified,
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
