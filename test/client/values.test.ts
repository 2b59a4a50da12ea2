import { describe, expect, it } from 'vitest';
import { parseDuration, parseNumber } from '../../client/cli/values.ts';

describe('the value of a flag', () => {
  it.each([
    ['90', 90_000],
    ['0.5', 500],
    ['90s', 90_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['2h', 7_200_000],
  ])('%s is a duration', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(['', 'm', '5x', '1h30', '-5m', '5 m', '30m1h'])('%j is no duration', (text) =>
    expect(() => parseDuration(text)).toThrow('must be a duration such as 90s, 5m or 1h30m'),
  );

  it.each(['', 'x', '-1', 'Infinity'])('%j is no number', (text) =>
    expect(() => parseNumber(text)).toThrow('must be a number, 0 or more'),
  );
});
