import { describe, expect, it } from 'vitest';
import { summaryOf } from '../summary.ts';

const report =
  (numPassedTests: number, numFailedTests: number, testResults: object[]): (() => string) =>
  () =>
    JSON.stringify({ numPassedTests, numFailedTests, testResults });

describe('the last line of npm test', () => {
  it.each([
    ['all passed', report(3, 0, [{ status: 'passed', assertionResults: [{}, {}, {}] }]), '3 passed, 0 failed'],
    ['one failed', report(2, 1, [{ status: 'failed', assertionResults: [{}, {}, {}] }]), '2 passed, 1 failed'],
    [
      'a file that could not be loaded',
      report(2, 0, [{ status: 'failed', assertionResults: [] }]),
      '2 passed, 1 failed',
    ],
    ['a report that is no report', () => '{', '0 passed, 1 failed'],
  ])('%s', (_case, read, line) => expect(summaryOf(read)).toBe(line));

  it('counts a run that left no report as failed', () => {
    const missing = (): string => {
      throw new Error('ENOENT');
    };
    expect(summaryOf(missing)).toBe('0 passed, 1 failed');
  });
});
