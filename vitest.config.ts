import { defineConfig } from 'vitest/config';

// Real processes and real servers take part in many tests, so the timeouts are generous and few files run at once:
// three, since much of the time is spent waiting. pool 'forks': the native part of the Temporal SDK does not like the
// teardown of worker threads.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    passWithNoTests: true,
  },
});
