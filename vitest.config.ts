import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { defineConfig } from 'vitest/config';

/** Folders whose files take minutes: they begin first, so that none of them runs alone at the end. */
const longest = ['test/faults/', 'test/end-to-end/', 'test/kubernetes/'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const index = longest.findIndex((folder) => moduleId.includes(folder));
      return index < 0 ? longest.length : index;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

// Real processes and real servers take part in many tests, so the timeouts are generous and few files run at once:
// four, since much of the time is spent waiting. pool 'forks': the native part of the Temporal SDK does not like the
// teardown of worker threads.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/sandbox/cluster-host.ts',
    pool: 'forks',
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Real servers on two cores: what fails once and passes then is marked `(retry x1)` in the output, to be mended.
    retry: 1,
    passWithNoTests: true,
    // A call that Temporal's client repeats when the file has closed its connection throws in a timer, where nobody can
    // catch it (@temporalio/client, grpc-retry). It is after the last assertion, and says nothing about it.
    onUnhandledError: ({ message, stack = '' }) =>
      !(message === 'Channel has been shut down' && stack.includes('grpc-retry')),
  },
});
