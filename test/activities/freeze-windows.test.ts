import { describe, expect, it } from 'vitest';
import { frozenTime } from '../../activities/freeze-windows.ts';
import { freezeWindow, type FreezeWindow } from '../../contract/catalog/freezes.ts';
import { parseInput } from '../../contract/inputs.ts';

const nights: FreezeWindow = {
  name: 'nights',
  reason: 'nobody is there',
  days: ['mon', 'tue', 'wed', 'thu'],
  from: '16:00',
  to: '08:00',
  timeZone: 'Europe/Berlin',
};
const weekend: FreezeWindow = {
  name: 'weekend',
  reason: 'nobody is there at all',
  days: ['fri'],
  from: '14:00',
  to: '00:00',
  timeZone: 'Europe/Berlin',
};
const at = (moment: string) => new Date(moment);
const spanOf = (windows: FreezeWindow[], moment: string, after?: string) => {
  const found = frozenTime(windows, at(moment), after);
  return found && [found.since, found.until];
};

describe('a freeze window', () => {
  it('that crosses midnight is one, in the evening and in the morning', () => {
    const night = ['2026-01-14T15:00:00.000Z', '2026-01-15T07:00:00.000Z'];
    expect(spanOf([nights], '2026-01-14T20:00:00Z')).toEqual(night);
    expect(spanOf([nights], '2026-01-15T06:59:59Z')).toEqual(night);
    expect(spanOf([nights], '2026-01-15T07:00:00Z')).toEqual(['2026-01-15T15:00:00.000Z', '2026-01-16T07:00:00.000Z']);
  });

  it('that is not on is the next one, over days on which none begins', () => {
    expect(spanOf([nights], '2026-01-16T12:00:00Z')).toEqual(['2026-01-19T15:00:00.000Z', '2026-01-20T07:00:00.000Z']);
  });

  it.each([
    ['to summer', '2026-03-29T00:30:00Z', ['2026-03-28T22:00:00.000Z', '2026-03-29T06:00:00.000Z']],
    ['to winter', '2026-10-25T00:30:00Z', ['2026-10-24T21:00:00.000Z', '2026-10-25T07:00:00.000Z']],
  ])('keeps its local times over the change %s: seven hours, and nine', (_name, moment, expected) => {
    const night: FreezeWindow = { ...nights, days: ['sat'], from: '23:00' };
    expect(spanOf([night], moment)).toEqual(expected);
  });

  it('begins an hour later in the hour that is left out; of an hour that comes twice it has both', () => {
    const early: FreezeWindow = { ...nights, days: ['sun'], from: '02:30', to: '04:00' };
    expect(spanOf([early], '2026-03-29T00:00:00Z')).toEqual(['2026-03-29T01:30:00.000Z', '2026-03-29T02:00:00.000Z']);
    expect(spanOf([early], '2026-10-25T00:00:00Z')).toEqual(['2026-10-25T00:30:00.000Z', '2026-10-25T03:00:00.000Z']);
    expect(spanOf([{ ...early, from: '01:00', to: '02:30' }], '2026-10-25T00:00:00Z')).toEqual([
      '2026-10-24T23:00:00.000Z',
      '2026-10-25T01:30:00.000Z',
    ]);
  });

  it('that touches another is one with it, and both are named', () => {
    const evening: FreezeWindow = { ...weekend, days: ['thu'], from: '08:00', to: '16:00' };
    expect(frozenTime([nights, evening], at('2026-01-15T10:00:00Z'))).toMatchObject({
      name: 'nights, weekend',
      since: '2026-01-14T15:00:00.000Z',
      until: '2026-01-16T07:00:00.000Z',
    });
  });

  it('that a person has ended is not on any more; the next occurrence is', () => {
    expect(spanOf([nights], '2026-01-14T20:00:00Z', '2026-01-15T07:00:00.000Z')).toEqual([
      '2026-01-15T15:00:00.000Z',
      '2026-01-16T07:00:00.000Z',
    ]);
  });

  it('of one range is on once', () => {
    const holidays: FreezeWindow = {
      name: 'holidays',
      reason: 'holidays',
      since: '2026-12-24T12:00:00+01:00',
      until: '2027-01-02T00:00:00+01:00',
    };
    expect(spanOf([holidays], '2026-01-01T00:00:00Z')).toEqual([
      '2026-12-24T11:00:00.000Z',
      '2027-01-01T23:00:00.000Z',
    ]);
    expect(spanOf([holidays], '2027-01-02T00:00:00Z')).toBeNull();
  });

  it.each<[string, object, string[]]>([
    ['nothing but a name', { name: 'x', reason: 'y' }, ['days', 'from', 'to', 'timeZone']],
    [
      'odd values',
      { name: '', reason: 'y', days: ['monday'], from: '24:00', to: '8', timeZone: 'Berlin', surprise: 1 },
      ['name', 'days.0', 'from', 'to', 'timeZone', 'surprise'],
    ],
    [
      'a range that ends before it begins',
      { name: 'x', reason: 'y', since: '2026-01-02T00:00:00Z', until: '2026-01-01T00:00:00Z' },
      ['until'],
    ],
    ['a mixture', { name: 'x', reason: 'y', since: '2026-01-02T00:00:00Z', days: ['mon'] }, ['until', 'days']],
  ])('is refused with %s: every problem at once', (_name, window, paths) => {
    const parsed = parseInput(freezeWindow, window);
    expect('problems' in parsed && parsed.problems.map(({ path }) => path).sort()).toEqual([...paths].sort());
  });
});
