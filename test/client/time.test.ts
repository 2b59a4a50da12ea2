import { Settings } from 'luxon';
import { afterEach, describe, expect, it } from 'vitest';
import { datedMomentText, momentText, spanText, withLocalMoments } from '../../client/view/time.ts';

const { defaultZone } = Settings;
afterEach(() => {
  Settings.defaultZone = defaultZone;
});

describe('a moment', () => {
  const now = new Date('2026-12-02T12:00:00Z');
  it.each([
    ['UTC', '2026-12-01 23:30:00 UTC', '08:15:00 UTC'],
    // In the reader's zone it is the next day already.
    ['Europe/Berlin', '00:30:00 CET', '09:15:00 CET'],
    ['America/New_York', '2026-12-01 18:30:00 GMT-5', '03:15:00 GMT-5'],
  ])('is that of the reader in %s, with the zone, and the date where it was another day', (zone, late, morning) => {
    Settings.defaultZone = zone;
    expect(momentText('2026-12-01T23:30:00Z', now)).toBe(late);
    expect(momentText('2026-12-02T08:15:00.250Z', now)).toBe(morning);
  });

  it('tells the hour that comes twice at the end of daylight saving time', () => {
    Settings.defaultZone = 'Europe/Berlin';
    const night = new Date('2026-10-25T03:00:00Z');
    expect(momentText('2026-10-25T00:30:00Z', night)).toBe('02:30:00 CEST');
    expect(momentText('2026-10-25T01:30:00Z', night)).toBe('02:30:00 CET');
  });

  it('has its date in a record that is kept, also within a text', () => {
    Settings.defaultZone = 'Europe/Berlin';
    expect(datedMomentText('2026-12-02T08:15:00Z')).toBe('2026-12-02 09:15:00 CET');
    expect(
      withLocalMoments('asked at 2026-12-01T23:30:00.501Z, nobody approved it before 2026-12-02 08:15:00 UTC'),
    ).toBe('asked at 2026-12-02 00:30:00 CET, nobody approved it before 2026-12-02 09:15:00 CET');
  });

  it('is shown as it came where it is none', () => {
    expect(momentText('some day', now)).toBe('some day');
  });
});

describe('a span', () => {
  it.each([
    [400, '0.4 s'],
    [59_400, '59 s'],
    [119_700, '1 min 59 s'],
    [7_800_000, '2 h 10 min'],
  ])('of %i ms is short', (ms, text) => {
    expect(spanText(ms)).toBe(text);
  });
});
