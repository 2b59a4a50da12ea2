import { z } from 'zod';

const resultsSchema = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.unknown()) })),
});

/**
 * `N passed, N failed` of vitest's JSON report. A file that failed before its first test counts as one failure, and
 * so does a missing report.
 */
export const summaryOf = (read: () => string): string => {
  try {
    const { numPassedTests, numFailedTests, testResults } = resultsSchema.parse(JSON.parse(read()));
    const broken = testResults.filter(
      ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
    ).length;
    return `${numPassedTests} passed, ${numFailedTests + broken} failed`;
  } catch {
    return '0 passed, 1 failed';
  }
};
