import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';
import { lineCourses } from '../../activities/incident/line-courses.ts';
import type { IncidentPorts } from '../../activities/incident/look-kind.ts';
import { createSuspectActivities, type SuspectsFound } from '../../activities/incident/suspects.ts';
import type { LogEntry, LogQuery, Logs } from '../../activities/ports/platform.ts';
import type { LedgerEntry } from '../../contract/ledger.ts';
import { utcMoment } from '../../contract/utc-moment.ts';
import { clusterTarget, commits, digestOfCommit, targetEntry, World } from '../workflows/world.ts';
import { portsOf, structured } from './look-world.ts';

const onset = '2026-03-01T10:00:00.000Z';
const minutesBefore = (minutes: number) => new Date(Date.parse(onset) - minutes * 60_000).toISOString();
const event = (kind: string, changes: object = {}) =>
  ({
    kind,
    outcome: '',
    by: 'somebody',
    reason: 'it was time',
    hash: 'h',
    at: minutesBefore(10),
    ...changes,
  }) as LedgerEntry;

async function rank(ledger: LedgerEntry[], ports: Partial<IncidentPorts> = {}): Promise<SuspectsFound> {
  const world = new World();
  world.ledger = ledger;
  const { findSuspects } = createSuspectActivities(portsOf(world, ports));
  const request = { entry: world.entry, onset, hours: 24, words: [] };
  return new MockActivityEnvironment().run(findSuspects, request);
}

describe('what the ledger has besides changes', () => {
  it('is suspect: a drill, an unclean end, and a hold or a freeze that was lifted', async () => {
    const { suspects, unknown } = await rank([
      event('lift', { change: 'c1', commit: commits.good, digest: digestOfCommit(commits.good) }),
      event('unfreeze', { windowEnd: null }),
      event('freeze', { until: null }),
      event('drill', { change: 'c2', serves: 'unchanged', outcome: 'ended 2 instances' }),
      event('unclean', { change: 'c3', serves: 'unchanged', accepts: [], by: 'the environment' }),
    ]);
    expect(suspects.map(({ what, change, score }) => [what, change, score])).toEqual([
      ['unclean end by the environment: it was time', '', 55],
      ['drill by somebody: ended 2 instances; it was time', '', 50],
      ['hold lifted by somebody: it was time', '', 25],
      ['freeze lifted by somebody: it was time', '', 25],
    ]);
    expect(suspects[3]?.reasons).toEqual([
      '+40 it ended 10 minutes before the onset',
      '-15 it only let releases go on',
    ]);
    expect(unknown).toEqual([]);
  });

  it('is none from after the onset, and none from days before', async () => {
    const { suspects } = await rank([
      event('drill', { at: minutesBefore(-1) }),
      event('drill', { at: minutesBefore(25 * 60) }),
    ]);
    expect(suspects).toEqual([]);
  });

  it('is read from the store if the environment does not answer, which is said', async () => {
    const statusOf = () => Promise.reject(new Error('nobody is there'));
    const environments = { statusOf } as unknown as IncidentPorts['environments'];
    const { suspects, unknown } = await rank([event('drill')], { environments });
    expect(suspects).toHaveLength(1);
    expect(unknown).toEqual(['the environment could not be read: nobody is there']);
  });
});

describe('a log that goes with its instances', () => {
  const now = Date.now();
  const at = (minutes: number) => new Date(now + minutes * 60_000).toISOString();
  const failing = Array.from({ length: 60 }, (_, index): LogEntry => ({
    ...structured('ERROR', `the queue does not answer within ${index} ms`),
    timestamp: at(-9 + index / 10),
  }));
  const logOf = (entries: LogEntry[]): Logs => ({
    refusalOf: async () => null,
    read: async (_target, { filter, since, until, oldestFirst }: LogQuery, limit) => {
      const found = entries.filter(
        ({ timestamp, severity }) =>
          timestamp >= since && (until === null || timestamp < until) && (filter === '' || severity === 'ERROR'),
      );
      return (oldestFirst ? found : found.toReversed()).slice(0, limit);
    },
  });
  const courseOf = async (target: typeof clusterTarget | ReturnType<typeof targetEntry>, entries: LogEntry[]) => {
    const unknown: string[] = [];
    const moment = { at: at(-10), revision: 'new' };
    const courses = await lineCourses(logOf(entries), target, [moment], unknown);
    return { course: courses.get(moment.at)?.course?.kind ?? null, unknown };
  };

  it('says nothing of the time before it begins, and that is said', async () => {
    expect(await courseOf(clusterTarget, failing)).toEqual({
      course: null,
      unknown: [
        `the log around ${utcMoment(at(-10))} could not be read: ` +
          `it begins at ${utcMoment(at(-9))} only, with the instances that write it`,
      ],
    });
  });

  it('is compared where it reaches back far enough, and where the platform keeps it', async () => {
    const earlier = { ...structured('INFO', 'it begins'), timestamp: at(-18) };
    expect(await courseOf(clusterTarget, [earlier, ...failing])).toEqual({ course: 'began', unknown: [] });
    expect(await courseOf(targetEntry('service'), failing)).toEqual({ course: 'began', unknown: [] });
  });
});
