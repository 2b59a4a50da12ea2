import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { defineConfig, type TestProjectConfiguration } from 'vitest/config';

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

/**
 * Folders whose files run one after the other in the same few processes, since loading the libraries takes longer than
 * most of them. Such a file leaves its process as it found it. Replays are none of these: each reads the source map of
 * all workflows, which no process gives back.
 */
const sharing = ['activities', 'adapters', 'approvals', 'catalog', 'client', 'incident', 'workflows'].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);

const maxWorkers = 4;

/** pool 'forks': the native part of the Temporal SDK does not like the teardown of worker threads. */
const project = (
  name: string,
  which: { include: string[]; exclude?: string[]; isolate: boolean },
): TestProjectConfiguration => ({
  test: { name, pool: 'forks', maxWorkers, testTimeout: 60_000, hookTimeout: 120_000, ...which },
});

// Real processes and real servers take part in many tests, so the timeouts are generous and few files run at once:
// more than there are cores, since much of the time is spent waiting.
export default defineConfig({
  test: {
    projects: [
      project('own process', { include: ['test/**/*.test.ts'], exclude: sharing, isolate: true }),
      project('shared process', { include: sharing, isolate: false }),
    ],
    globalSetup: 'test/run-host.ts',
    maxWorkers,
    sequence: { sequencer: LongestFirst },
    // Real servers on two cores: what fails once and passes then is marked `(retry x1)` in the output, to be mended.
    retry: 1,
    passWithNoTests: true,
    // A call that Temporal's client repeats when the file has closed its connection throws in a timer, where nobody can
    // catch it (@temporalio/client, grpc-retry). It is after the last assertion, and says nothing about it.
    onUnhandledError: ({ message, stack = '' }) =>
      !(message === 'Channel has been shut down' && stack.includes('grpc-retry')),
  },
});
