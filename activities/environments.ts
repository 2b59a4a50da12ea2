import { setTimeout as pause } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import type { CatalogEntry } from '../contract/catalog/catalog.ts';
import type { CallerBell } from '../contract/bells.ts';
import type { EnvironmentStatus, JoinAnswer } from '../contract/environment.ts';
import { cutLine } from '../contract/cut-line.ts';
import { emptySummary, type LedgerHead, type LedgerMemory } from '../contract/ledger-memory.ts';
import type { LedgerEntry } from '../contract/ledger.ts';
import { takeOverStep, type Marker } from '../contract/fence.ts';
import type { LiveState } from '../contract/live.ts';
import { withHeartbeat } from './heartbeat.ts';
import { inTime, readLedgerWithinMs } from './ledger/time-limit.ts';
import { oneLine } from './one-line.ts';
import type { Ports } from './ports/index.ts';
import type { AppendedEntries, KnownHead, UnwrittenEntry } from './ports/ledger.ts';

/** Names an environment. */
interface EnvironmentName {
  service: string;
  environment: string;
}

/** What an environment that opens must know; with bounded length, however long its ledger is. */
export interface OpenedEnvironment {
  /** The entries that stay inline. */
  ledger: LedgerEntry[];
  /** What the whole ledger says; absent in an answer of an earlier version, as `head` and `unread` are. */
  memory?: LedgerMemory;
  head?: LedgerHead | null;
  /** Why the stored ledger could not be read; null if it was. */
  unread?: string | null;
  /** Numbers above this one are free: no write and no grant has had them. */
  highestNumber: number;
  /** The last write at the target; null where there is none. */
  lastWrite?: Marker | null;
  /** That write, where the ledger does not tell how its change ended; null otherwise. */
  orphanedWrite: Marker | null;
  /** Why the stored ledger is not whole: altered, missing or foreign entries. */
  problems: string[];
}

/** How an environment opens. */
interface Opening extends EnvironmentName {
  /** True for one that goes on without its ledger, and reads it later. One of an earlier version cannot. */
  goesOnUnread?: boolean;
  /** The last write at the target when an environment began that reads its ledger later. */
  lastWrite?: Marker | null;
}

const settlePollMs = 500;
const maxStamps = 5;
const maxProblems = 10;
/** How long entries are written, below the limit of the activity. */
const writeWithinMs = 20_000;
const maxReasonLength = 300;

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
    async loadEnvironment({
      service,
      environment,
      goesOnUnread = false,
      ...known
    }: Opening): Promise<OpenedEnvironment> {
      const entry = await catalog.resolve(service, environment);
      if ('message' in entry) throw ApplicationFailure.nonRetryable(`${entry.path}: ${entry.message}`, 'InvalidInput');
      const { target } = entry.settings;
      const summary = inTime(readLedgerWithinMs, () => evidence.summarizeLedger({ service, environment }));
      const [stored, last] = await Promise.all([
        goesOnUnread ? summary.catch(unreadLedger) : summary,
        known.lastWrite === undefined ? targets[target.kind].lastWrite(target) : known.lastWrite,
      ]);
      const lastNumber = last?.fence.number ?? 0;
      if ('unread' in stored)
        return { ...emptyOpening, unread: stored.unread, highestNumber: lastNumber, lastWrite: last };
      const { entries: ledger, memory, head, problems } = stored;
      return {
        ...{ ledger, memory, head, unread: null, lastWrite: last },
        highestNumber: Math.max(memory.number, lastNumber),
        orphanedWrite: last && isOrphaned(last, ledger) ? last : null,
        problems: problems.slice(0, maxProblems),
      };
    },

    /** Writes entries where they outlive the workflow, each chained to the one before. */
    appendLedger: async ({
      service,
      environment,
      after,
      entries,
    }: EnvironmentName & { after: KnownHead; entries: UnwrittenEntry[] }): Promise<AppendedEntries> =>
      inTime(writeWithinMs, () => evidence.appendLedger({ service, environment }, after, entries)),

    /** Writes one entry for an environment of an earlier version, behind whatever the store has. */
    async recordLedger({
      service,
      environment,
      at,
      number,
      previous,
      draft,
    }: EnvironmentName & UnwrittenEntry & { previous: string }): Promise<LedgerEntry> {
      let after: KnownHead = { position: null, hash: previous };
      for (;;) {
        const { written, head } = await evidence.appendLedger({ service, environment }, after, [{ at, number, draft }]);
        const [entry] = written;
        if (entry) return entry;
        after = head;
      }
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

const emptyOpening = { ledger: [], memory: emptySummary.memory, head: null, orphanedWrite: null, problems: [] };

function unreadLedger(error: unknown): { unread: string } {
  return { unread: cutLine(oneLine(error instanceof Error ? error.message : String(error)), maxReasonLength) };
}

/** Says whether a write has no ledger entry. The stamp of a take-over needs none: it is the environment's own. */
function isOrphaned({ change, step, fence }: Marker, ledger: LedgerEntry[]): boolean {
  return (
    step !== takeOverStep &&
    !ledger.some((entry) => 'change' in entry && entry.change === change && entry.number === fence.number)
  );
}
