import { setTimeout as pause } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import type { CatalogEntry } from '../contract/catalog/catalog.ts';
import type { CallerBell } from '../contract/bells.ts';
import type { EnvironmentStatus, JoinAnswer } from '../contract/environment.ts';
import type { LedgerDraft, LedgerEntry } from '../contract/ledger.ts';
import { takeOverStep, type Marker } from '../contract/fence.ts';
import type { LiveState } from '../contract/live.ts';
import { withHeartbeat } from './heartbeat.ts';
import { chained, chainProblems } from './ledger-chain.ts';
import type { Ports } from './ports/index.ts';

/** Names an environment. */
interface EnvironmentName {
  service: string;
  environment: string;
}

export interface OpenedEnvironment {
  entry: CatalogEntry;
  ledger: LedgerEntry[];
  /** Numbers above this one are free: no write and no grant has had them. */
  highestNumber: number;
  /** The last write at the target, where the ledger does not tell how its change ended; null otherwise. */
  orphanedWrite: Marker | null;
  /** Why the stored ledger is not whole: altered, missing or foreign entries. */
  problems: string[];
}

const settlePollMs = 500;
const maxStamps = 5;
const maxProblems = 10;

/** Activities of runs that use an environment, and of the environment's own workflow. */
export function createEnvironmentActivities({
  environments,
  evidence,
  targets,
  catalog,
}: Pick<Ports, 'environments' | 'evidence' | 'targets' | 'catalog'>) {
  return {
    join: async ({ service, environment, caller }: EnvironmentName & { caller: CallerBell }): Promise<JoinAnswer> =>
      environments.join(service, environment, caller),

    leave: async ({
      service,
      environment,
      caller,
    }: EnvironmentName & { caller: CallerBell }): Promise<{ number: number } | null> =>
      environments.leave(service, environment, caller),

    environmentStatus: async ({ service, environment }: EnvironmentName): Promise<EnvironmentStatus | null> =>
      environments.statusOf(service, environment),

    /** Reads what a fresh environment must know: its stored ledger and the highest fence at its target. */
    async loadEnvironment({ service, environment }: EnvironmentName): Promise<OpenedEnvironment> {
      const entry = await catalog.resolve(service, environment);
      if ('message' in entry) throw ApplicationFailure.nonRetryable(`${entry.path}: ${entry.message}`, 'InvalidInput');
      const { target } = entry.settings;
      const [ledger, last] = await Promise.all([
        evidence.readLedger(service, environment),
        targets[target.kind].lastWrite(target),
      ]);
      const highestNumber = Math.max(0, last?.fence.number ?? 0, ...ledger.map(({ number }) => number));
      return {
        entry,
        ledger,
        highestNumber,
        orphanedWrite: last && isOrphaned(last, ledger) ? last : null,
        problems: chainProblems(ledger).slice(0, maxProblems),
      };
    },

    /** Chains the entry to the one before and stores it where it outlives the workflow. */
    async recordLedger({
      service,
      environment,
      at,
      number,
      previous,
      draft,
    }: EnvironmentName & {
      at: string;
      number: number;
      previous: string;
      draft: LedgerDraft;
    }): Promise<LedgerEntry> {
      const entry = chained({ ...draft, at, number, previous });
      await evidence.appendLedger(service, environment, entry);
      return entry;
    },

    /** Looks whether a run is still open, through continue-as-new and reset; answers how it closed, else null. */
    lookAtRun: async ({ workflowId, firstExecutionRunId }: CallerBell): Promise<{ closed: string | null }> => ({
      closed: await environments.closed(workflowId, firstExecutionRunId),
    }),

    /** Returns when the holder's run has closed: for environments that an earlier version began. */
    followHolder: async ({
      workflowId,
      firstExecutionRunId,
    }: {
      workflowId: string;
      firstExecutionRunId: string;
    }): Promise<{ status: string }> =>
      withHeartbeat((progress, signal) => environments.follow(workflowId, firstExecutionRunId, progress, signal)),

    /** Records a new fence at the target in any state, so that it refuses a former holder (invariant I3). */
    async fenceOffFormerHolder({ entry, marker }: { entry: CatalogEntry; marker: Marker }): Promise<void> {
      const { target } = entry.settings;
      await withHeartbeat(async (progress, signal) => {
        for (let round = 1; ; round += 1) {
          const { key } = await targets[target.kind].observe(target);
          try {
            await targets[target.kind].stamp(target, { marker, expected: key, progress, signal });
            return;
          } catch (error) {
            // The former holder wrote between the look and the stamp, for the last time.
            if (!(error instanceof ApplicationFailure && error.type === 'Drifted') || round >= maxStamps) throw error;
          }
        }
      });
    },

    /** After an unclean end: waits until nothing is under way at the target, then says what it serves. */
    async waitUntilSettled({ entry }: { entry: CatalogEntry }): Promise<{ live: LiveState; highestNumber: number }> {
      const { target } = entry.settings;
      return withHeartbeat(async (progress, signal) => {
        for (;;) {
          const pending = await targets[target.kind].pendingWork(target);
          if (pending.length === 0) {
            const last = await targets[target.kind].lastWrite(target);
            return { live: await targets[target.kind].observe(target), highestNumber: last?.fence.number ?? 0 };
          }
          progress({ pending });
          await pause(settlePollMs, undefined, { signal });
        }
      });
    },
  };
}

/** Says whether a write has no ledger entry. The stamp of a take-over needs none: it is the environment's own. */
function isOrphaned({ change, step, fence }: Marker, ledger: LedgerEntry[]): boolean {
  return (
    step !== takeOverStep &&
    !ledger.some((entry) => 'change' in entry && entry.change === change && entry.number === fence.number)
  );
}
