import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseDuration, parseEnd, parseLastDay, parseNumber } from '../../client/cli/values.ts';

describe('the value of a flag', () => {
  it.each([
    ['90', 90_000],
    ['0.5', 500],
    ['90s', 90_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['2h', 7_200_000],
    ['2d12h', 216_000_000],
  ])('%s is a duration', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(['', 'm', '5x', '1h30', '-5m', '5 m', '30m1h'])('%j is no duration', (text) =>
    expect(() => parseDuration(text)).toThrow('must be a duration such as 90s, 5m or 1h30m'),
  );

  it.each(['', 'x', '-1', 'Infinity'])('%j is no number', (text) =>
    expect(() => parseNumber(text)).toThrow('must be a number, 0 or more'),
  );

  describe('that is an end', () => {
    afterEach(() => vi.useRealTimers());

    it('is a duration from now on', () => {
      vi.setSystemTime('2026-12-30T22:30:00Z');
      expect(parseEnd('4h')).toBe('2026-12-31T02:30:00.000Z');
      expect(parseEnd('2d')).toBe('2027-01-01T22:30:00.000Z');
      expect(parseLastDay('14d')).toBe('2027-01-13');
    });

    // What is neither is refused with the other problems of the message.
    it.each(['2026-03-01T18:00:00+01:00', '2026-03-08', '90', '', 'tomorrow'])('is %j as it is', (text) => {
      expect(parseEnd(text)).toBe(text);
      expect(parseLastDay(text)).toBe(text);
    });
  });
});
