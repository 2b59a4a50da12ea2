import { setTimeout as pause } from 'node:timers/promises';
import type { CatalogEntry } from '../contract/catalog/catalog.ts';
import { finalFailure } from './failure.ts';
import { withHeartbeat } from './heartbeat.ts';
import { quoted } from './google/log-filter.ts';
import type { Ports } from './ports/index.ts';

export interface FallbackSignsRequest {
  entry: CatalogEntry;
  /** Only this execution's own entries count. */
  execution: string;
  startedAt: string;
}

const pollMs = 500;
const mostEntries = 500;

/**
 * Whether a failed execution says in its own log that the image predates the command (runbook 000: the recorded
 * failure that the fallback is for). Entries that have not arrived are no answer: the container's own end must stand
 * in the log before absence means anything.
 */
export function createMigrationLogActivities({ logs }: Pick<Ports, 'logs'>) {
  return {
    async findFallbackSignature({
      entry,
      execution,
      startedAt,
    }: FallbackSignsRequest): Promise<{ found: boolean; line: string }> {
      const { migration, target, bake } = entry.settings;
      const signature = migration?.fallback?.signature;
      if (!signature) return { found: false, line: '' };
      const name = execution.split('/').at(-1) ?? execution;
      const filter = `resource.type="cloud_run_job" AND labels."run.googleapis.com/execution_name"=${quoted(name)} AND timestamp>=${quoted(startedAt)}`;
      return withHeartbeat(async (progress, signal) => {
        const until = Date.now() + bake.logsArriveWithinSeconds * 1000;
        for (;;) {
          const entries = await logs.read(target.project, filter, mostEntries);
          const sign = entries.find(({ text }) => signature.every((part) => text.includes(part)));
          if (sign) return { found: true, line: sign.text };
          if (entries.some(({ text }) => text.startsWith('Container called exit('))) return { found: false, line: '' };
          if (Date.now() >= until) break;
          progress({ waitingFor: `log entries of ${name}`, seen: entries.length });
          await pause(pollMs, undefined, { signal });
        }
        throw finalFailure(
          'Unknown',
          `the log of ${name} has not arrived within ${bake.logsArriveWithinSeconds} s, so nobody can say why the migration failed`,
        );
      });
    },
  };
}
