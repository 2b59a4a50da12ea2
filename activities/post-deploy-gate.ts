import { setTimeout as pause } from 'node:timers/promises';
import type { Artifact } from '../contract/artifact.ts';
import type { CatalogEntry } from '../contract/catalog/catalog.ts';
import { readsLogsAtSource } from '../contract/catalog/targets/index.ts';
import type { Marker } from '../contract/fence.ts';
import type { JobRun } from '../contract/live.ts';
import type { Finding } from '../contract/verdict.ts';
import { withHeartbeat } from './heartbeat.ts';
import { asText, parseJson, valueAt } from './json.ts';
import { oneLine } from './one-line.ts';
import type { Ports } from './ports/index.ts';
import type { ExecutionLog, JobReady, Progress } from './ports/target.ts';
import { commandOf, containerSettings } from './targets.ts';

/** One job of a post-deploy gate: the migration once more, by the command that has run, or the smoke. */
export type GateJob = { purpose: 'migration'; fallback: boolean } | { purpose: 'smoke' };

interface GateWrite {
  entry: CatalogEntry;
  marker: Marker;
  artifact: Artifact;
}

export interface SyncSmokeRequest extends GateWrite {
  /** The revision that is live. */
  revision: string;
  /** The URL of what is live. */
  url: string;
  /** Settings of the job that were planned with (OtherJobs); absent where any will do. */
  expected?: string | undefined;
}

export interface GateJobRequest extends GateWrite {
  ready: JobReady;
  job: GateJob;
}

/** What a job of a post-deploy gate did, and what its log says of it. */
export interface GateJobReport extends Finding {
  run: JobRun;
  /** The last lines of its log, oldest first. */
  log: string[];
}

const pollMs = 500;
/** Lines that nobody judges by are not worth a longer wait while users may suffer. */
const maxEvidenceWaitSeconds = 10;
const maxLines = 12;
const maxLineLength = 300;

/** Runs the jobs of a post-deploy gate (runbook 001, section 6; ADR 0029). */
export function createPostDeployGateActivities({ targets }: Pick<Ports, 'targets'>) {
  return {
    /** Gives the smoke job the image of the release, its command and where it finds what is live; reads it back. */
    syncSmoke: async ({ entry, marker, artifact, revision, url, expected }: SyncSmokeRequest): Promise<JobReady> =>
      withHeartbeat((progress, signal) => {
        const { command, args, timeoutSeconds, variables } = smokeOf(entry);
        const settings = containerSettings(entry, artifact);
        const given = Object.entries(variables).map(([name, value]) => [
          name,
          value.replaceAll('{url}', url).replaceAll('{commit}', artifact.commit),
        ]);
        return targets[entry.settings.target.kind].syncSmoke(entry.settings.target, {
          marker,
          repository: entry.repository,
          artifact,
          revision,
          expected,
          command,
          args,
          timeoutSeconds,
          secrets: settings.secrets,
          variables: { ...settings.variables, ...(Object.fromEntries(given) as Record<string, string>) },
          progress,
          signal,
        });
      }),

    /** Runs a job of the gate once, waits for its end, and judges it by that and by its log. */
    runGateJob: async ({ entry, marker, artifact, ready, job }: GateJobRequest): Promise<GateJobReport> =>
      withHeartbeat(async (progress, signal) => {
        const { command, args, timeoutSeconds } =
          job.purpose === 'smoke' ? smokeOf(entry) : commandOf(entry, job.fallback);
        const { target } = entry.settings;
        const how = { command, args, timeoutSeconds };
        const run = await targets[target.kind].runJob(target, { marker, artifact, ready, ...how, progress, signal });
        const expected = job.purpose === 'migration' ? (entry.settings.postDeployGate?.nothingPending ?? []) : [];
        const judged = run.outcome === 'succeeded' && expected.length > 0;
        const found = await readLog(entry, run, judged, progress, signal);
        const lines = found.lines.map(messageOf).filter((line) => line !== '');
        return { run, ...judge(run, expected, { ...found, lines }), log: lines.slice(-maxLines) };
      }),
  };

  /** Reads the log of an execution once it is whole, or after a while what there is of it. */
  async function readLog(
    { settings: { target, bake } }: CatalogEntry,
    { execution, startedAt }: JobRun,
    isJudged: boolean,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<ExecutionLog> {
    const seconds = isJudged
      ? bake.logsArriveWithinSeconds
      : Math.min(bake.logsArriveWithinSeconds, maxEvidenceWaitSeconds);
    const until = Date.now() + seconds * 1000;
    for (;;) {
      const log = await targets[target.kind].executionLog(target, { execution, since: startedAt });
      if (log.isComplete || readsLogsAtSource(target) || Date.now() >= until) return log;
      progress({ waitingFor: `log entries of ${execution}`, seen: log.lines.length });
      await pause(pollMs, undefined, { signal });
    }
  }
}

function smokeOf({ service, settings: { postDeployGate } }: CatalogEntry) {
  if (!postDeployGate) throw new TypeError(`${service} has no post-deploy gate in its catalog file`);
  return postDeployGate.smoke;
}

/** Judges a job by its end, and a repeated migration also by what its log must say. */
function judge(run: JobRun, expected: readonly string[], { lines, isComplete }: ExecutionLog): Finding {
  const name = run.execution.split('/').at(-1) ?? run.execution;
  const said = lines.at(-1);
  const ended = `${name} ${run.outcome}${run.reason ? ` (${run.reason})` : ''}`;
  if (run.outcome !== 'succeeded') return { verdict: 'fail', reason: said ? `${ended}: ${said}` : ended };
  if (expected.length === 0) return { verdict: 'pass', reason: said ? `${ended}: ${said}` : ended };
  const line = lines.find((text) => expected.every((part) => text.includes(part)));
  if (line !== undefined) return { verdict: 'pass', reason: `${ended}: ${line}` };
  const missing = `no line of its log has "${expected.join('" and "')}"`;
  if (!isComplete) return { verdict: 'inconclusive', reason: `${ended}, and ${missing}: the log is not whole yet` };
  return { verdict: 'fail', reason: `${ended}, but ${missing}: it found something left to do` };
}

/** Takes the message out of a structured line, and names and passwords out of addresses (invariant I9). */
function messageOf(line: string): string {
  const message = asText(valueAt(parseJson(line), '/message')) ?? line;
  return oneLine(message.replace(/(:\/\/)[^\s/@]+@/g, '$1[secret]@')).slice(0, maxLineLength);
}
