import { describe, expect, it } from 'vitest';
import { describeServed } from '../../contract/artifact.ts';
import { describeDisabledTraffic } from '../../contract/disabled-traffic.ts';
import { describeDrift } from '../../contract/drift.ts';
import { describeExposure } from '../../contract/ending.ts';
import { describeCurrentFreeze, describeFreeze, describeNextFreeze } from '../../contract/environment.ts';
import { describeHeld, describeHold } from '../../contract/holds.ts';
import { describeRecorded, describeVerified } from '../../contract/recorded.ts';
import { utcMoment } from '../../contract/utc-moment.ts';
import { ledgerEntry } from '../activities/ledger.ts';
import { isoTime } from '../iso-time.ts';
import { commits, digestOfCommit } from '../workflows/samples.ts';

const [since, until] = ['2026-03-01T18:00:00.123Z', '2026-03-01T19:30:00.456Z'];
const place = { service: 'shop', environment: 'staging' };
const [commit, digest] = [commits.good, digestOfCommit(commits.good)];
const served = { revision: 'shop-2', commit, digest };
const hold = { digest, commit, reason: 'it failed', change: 'c1', since };
const freeze = { by: 'ann@example.com', reason: 'sale', since, until };
const disabled = {
  switch: 'writes',
  state: 'disabled' as const,
  by: 'ann@example.com',
  reason: 'r',
  change: 'c1',
  since,
};
const runs = {
  ...served,
  since,
  change: 'c1',
  by: 'ann@example.com',
  certain: true,
  again: { since: until, change: 'c2' },
};

/** Each text that has a time, with the times that it must have. */
const texts: [name: string, text: string, ...times: string[]][] = [
  ['a freeze', describeFreeze(freeze), until],
  ['a freeze that is on', describeCurrentFreeze(freeze, utcMoment), since, until],
  ['the next freeze', describeNextFreeze({ ...freeze, name: 'weekend' }, utcMoment), since, until],
  ['a hold that stops somebody', describeHold(hold, place), since],
  ['what is on hold', describeHeld(hold, utcMoment), since],
  ['a drift', describeDrift({ problems: ['p'], since, serves: null }, place.service, place.environment), since],
  ['a disabled path', describeDisabledTraffic(disabled, utcMoment), since],
  ['what users met', describeExposure({ commit, from: since, to: until }, utcMoment), since, until],
  ['what is recorded', describeRecorded(runs, utcMoment), since, until],
  ['what was verified', describeVerified(ledgerEntry(commit, { at: since }), utcMoment), since],
];

describe('a text of people', () => {
  it.each(texts)('has the times of %s in UTC, to the second', (_name, text, ...times) => {
    for (const time of times) expect(text).toContain(utcMoment(time));
    expect(text).not.toMatch(isoTime);
  });

  it.each([
    ['what serves', describeServed(served)],
    ['what is recorded', describeRecorded(runs, utcMoment)],
    ['what is on hold', describeHeld(hold, utcMoment)],
  ])('names %s by its commit first, with the short digest in brackets', (_name, text) => {
    expect(text).toMatch(/^commit b{12} \((revision shop-2, )?digest b{12}\)/);
  });

  it.each([
    ['2026-03-01T18:00:00.123Z', '2026-03-01 18:00:00 UTC'],
    ['2026-03-01T20:00:00+02:00', '2026-03-01 18:00:00 UTC'],
    ['2026-03-01', '2026-03-01'],
    ['', ''],
  ])('writes the moment %s as %s', (at, text) => {
    expect(utcMoment(at)).toBe(text);
  });
});
