import { setTimeout as pause } from 'node:timers/promises';
import type { CatalogEntry } from '../contract/catalog/catalog.ts';
import { logCadence, pauseOf } from './cadence.ts';
import { finalFailure } from './failure.ts';
import { withHeartbeat } from './heartbeat.ts';
import type { Ports } from './ports/index.ts';
import { asPoll } from './urgency.ts';

export interface FallbackSignatureRequest {
  entry: CatalogEntry;
  /** The execution; only its own entries count. */
  execution: string;
  startedAt: string;
}

/**
 * Finds out whether a failed execution's log says that the image predates the command (runbook 000: the fallback is for
 * this failure). Before the end of its container is in the log, a missing line means nothing.
 */
export function createMigrationLogActivities({ targets }: Pick<Ports, 'targets'>) {
  return {
    async findFallbackSignature({
      entry,
      execution,
      startedAt,
    }: FallbackSignatureRequest): Promise<{ found: boolean; line: string }> {
      const { migration, target, bake } = entry.settings;
      const signature = migration?.fallback?.signature;
      if (!signature) return { found: false, line: '' };
      return withHeartbeat(async (progress, signal) => {
        const began = Date.now();
        const until = began + bake.logsArriveWithinSeconds * 1000;
        const look = () => targets[target.kind].executionLog(target, { execution, since: startedAt });
        for (;;) {
          const { lines, isComplete } = await asPoll(look);
          const line = lines.find((text) => signature.every((part) => text.includes(part)));
          if (line !== undefined) return { found: true, line };
          if (isComplete) return { found: false, line: '' };
          if (Date.now() >= until) break;
          progress({ waitingFor: `log entries of ${execution}`, seen: lines.length });
          await pause(pauseOf(logCadence, Date.now() - began), undefined, { signal });
        }
        throw finalFailure(
          'Unknown',
          `the log of ${execution} did not arrive within ${bake.logsArriveWithinSeconds} s, ` +
            'so nobody can say why the migration failed',
        );
      });
    },
  };
}
