import { beforeEach } from 'vitest';
import { openedForFile } from '../opened-for-file.ts';
import { People } from './agento.ts';
import { expectInvariants } from './invariants.ts';
import { expectLeastRights } from './least-rights.ts';
import { TestSandbox } from './sandbox.ts';

export interface SandboxOptions {
  /** Sample services that it has as a person's sandbox has them, traffic included; none without names. */
  services?: string[];
  /** Parts that take longer to build. */
  parts?: string[];
  /** False where the tests start and kill their own. */
  hasWorker?: boolean;
  /** True where tests run side by side: nothing is reset before one of them. */
  isSideBySide?: boolean;
  /** Comes before the worker reads the catalog. */
  prepare?: (sandbox: TestSandbox) => Promise<void>;
}

/**
 * Opens a sandbox for the file that calls this; a test begins without faults and at the usual tempo. After the last
 * test the call log of all of them must show invariants I1 and I3, and that the worker needs no more than its rights.
 */
export function openSandbox({
  services,
  parts,
  hasWorker = true,
  isSideBySide = false,
  prepare,
}: SandboxOptions = {}): TestSandbox {
  const sandbox = openedForFile(
    async () => {
      const opened = await TestSandbox.open(services, parts);
      await prepare?.(opened);
      if (hasWorker) await opened.worker();
      return opened;
    },
    async (opened) => {
      try {
        const calls = await opened.calls();
        expectInvariants(calls);
        expectLeastRights(calls);
      } finally {
        await opened.close();
      }
    },
  );
  if (!isSideBySide) beforeEach(() => sandbox.reset());
  return sandbox;
}

/** Makes keys for people, for as long as the tests of the file take. */
export function openPeople(...names: string[]): People {
  return openedForFile(
    () => People.create(names),
    (people) => people.remove(),
  );
}
