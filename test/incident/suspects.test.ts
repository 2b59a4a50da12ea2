import { describe, expect, it } from 'vitest';
import { rankChange, type RankingFacts } from '../../activities/incident/suspect-rules.ts';
import { courseAround, findSymptom, type Course } from '../../activities/incident/symptom.ts';
import type { LogEntry, LogQuery, Logs } from '../../activities/ports/platform.ts';
import { targetEntry } from '../workflows/world.ts';
import { ledgerOf } from './seeds/seeded-ledger.ts';
import { structured } from './look-world.ts';

const now = Date.parse('2026-03-01T12:00:00Z');
const at = (minutes: number): string => new Date(now + minutes * 60_000).toISOString();

/** Lines that come evenly, so many a minute, from one minute to another. */
const lines = (from: number, until: number, perMinute: number, changes: Partial<LogEntry> = {}): LogEntry[] =>
  Array.from({ length: Math.floor((until - from) * perMinute) }, (_, index) => ({
    ...structured('ERROR', `the queue does not answer within ${index} ms`),
    timestamp: at(from + index / perMinute),
    ...changes,
  }));

/** A log that answers for times and order as an adapter does; what the filter says is checked with the adapters. */
const logOf = (entries: LogEntry[]): Logs => ({
  refusalOf: async () => null,
  read: async (_target, { since, until, oldestFirst }: LogQuery, limit) => {
    const found = entries.filter(({ timestamp }) => timestamp >= since && (until === null || timestamp < until));
    const sorted = found.sort((a, b) => (a.timestamp < b.timestamp ? -1 : 1));
    return (oldestFirst ? sorted : sorted.reverse()).slice(0, limit);
  },
});

async function courseOf(entries: LogEntry[], minutes: number, revision = ''): Promise<Course | null> {
  const symptom = await findSymptom(logOf(entries), targetEntry('service'), at(0));
  return symptom && courseAround(symptom, { at: at(minutes), revision }, at(0));
}

describe('the most frequent failing lines around a change', () => {
  it('began after it, if there were none before, or few', async () => {
    expect(await courseOf(lines(-20, 0, 10), -22)).toEqual({ kind: 'began', at: at(-19.8) });
    const few = lines(-60, 0, 0.5);
    expect(await courseOf([...few, ...lines(-20, 0, 10)], -22)).toMatchObject({ kind: 'began' });
  });

  it('came before it as well, if they only go on or grow slowly', async () => {
    expect(await courseOf(lines(-60, 0, 10), -22)).toEqual({ kind: 'cameBefore' });
    expect(await courseOf([...lines(-60, -10, 4), ...lines(-10, 0, 12)], -10)).toEqual({ kind: 'cameBefore' });
  });

  it('stayed away, if it ran well for long', async () => {
    expect(await courseOf(lines(-5, 0, 10), -300)).toEqual({ kind: 'stayedAway', minutes: 60 });
  });

  it('began with its own revision, although it stood in the ledger only later', async () => {
    const own = lines(-15, 0, 10, { revision: 'new' });
    expect(await courseOf(own, -8, 'new')).toEqual({ kind: 'began', at: at(-14.8) });
    expect(await courseOf(own, -8, 'another')).toEqual({ kind: 'cameBefore' });
  });

  it('say nothing of a change that has just ended, and where too few fail', async () => {
    expect(await courseOf(lines(-5, 0, 10), -2)).toEqual({ kind: 'cameBefore' });
    expect(await courseOf(lines(-14, 0, 0.1), -22)).toBeNull();
  });

  it('began at once also where they are more than a page', async () => {
    expect(await courseOf(lines(-30, 0, 200), -31)).toEqual({ kind: 'began', at: at(-29.99) });
  });
});

describe('a change is ranked', () => {
  const facts: RankingFacts = {
    ...{ onset: at(0), serves: 'all', words: [], commits: [], course: null, isSucceeded: false },
  };
  const began: Course = { kind: 'began', at: at(-9) };
  const [code, settings] = ledgerOf(
    [
      { name: 'code', minutes: -30, commits: ['x'] },
      { name: 'settings', minutes: -10, isSettingsOnly: true },
    ],
    now,
  ).entries;
  if (!code || !settings) throw new Error('there are two changes');

  it.each<[string, typeof code, Partial<RankingFacts>, string[]]>([
    [
      'by its lines, its time, and what it brought',
      code,
      { course: { kind: 'began', at: at(-29) } },
      [
        '+25 it ended 30 minutes before the onset',
        '+30 what it released serves now',
        '+15 users got other code by it',
        '+40 the most frequent failing lines began 1 minute after it',
      ],
    ],
    [
      'as one of settings',
      settings,
      { course: began },
      [
        '+40 it ended 10 minutes before the onset',
        '+30 what it released serves now',
        '+15 users got other settings by it, with the same code',
        '+40 the most frequent failing lines began 1 minute after it',
      ],
    ],
    [
      'lower, if a later one is nearer to the lines, or they came before it',
      code,
      { serves: 'contained', course: began, isSucceeded: true },
      [
        '+25 it ended 30 minutes before the onset',
        '+15 users got other code by it',
        '-20 the most frequent failing lines began after a later change',
      ],
    ],
    [
      'lower, if nothing of it serves any more',
      code,
      { serves: 'nothing', course: { kind: 'stayedAway', minutes: 60 } },
      [
        '+25 it ended 30 minutes before the onset',
        '-30 what it released does not serve any more',
        '+15 users got other code by it',
        '-20 hardly any of the most frequent failing lines came in the 60 minutes after it',
      ],
    ],
    [
      'although it ended after the onset: it was being released then',
      settings,
      { onset: at(-12), course: { kind: 'cameBefore' } },
      [
        '+25 it ended 2 minutes after the onset: users may have had it before',
        '+30 what it released serves now',
        '+15 users got other settings by it, with the same code',
        '-20 the most frequent failing lines came before it as well',
      ],
    ],
  ])('%s', (_name, change, more, reasons) => {
    const ranked = rankChange(change, { ...facts, ...more });
    expect(ranked.reasons).toEqual(reasons);
    const points = reasons.map((reason) => Number.parseInt(reason, 10));
    expect(ranked.score).toBe(points.reduce((sum, one) => sum + one, 0));
  });
});
