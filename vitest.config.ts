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
    // A call that Temporal's client repeats when the file has closed its connection throws in a timer, where nobody can
    // catch it (@temporalio/client, grpc-retry). It is after the last assertion, and says nothing about it.
    onUnhandledError: ({ message, stack = '' }) =>
      !(message === 'Channel has been shut down' && stack.includes('grpc-retry')),
  },
});
