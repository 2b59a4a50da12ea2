import { setTimeout as pause } from 'node:timers/promises';
import type { CatalogEntry, LogGate } from '../contract/catalog.ts';
import { smokeUserAgent } from '../contract/ids.ts';
import { withHeartbeat } from './heartbeat.ts';
import type { Logs, Ports } from './ports/index.ts';
import { quoted } from './logFilter.ts';

export type Verdict = 'pass' | 'fail' | 'inconclusive';

export interface GateResult {
  name: string;
  verdict: Verdict;
  /** In one line, for a person. */
  reason: string;
  /** A few of the entries that were counted. */
  samples: string[];
}

export interface BakeRequest {
  entry: CatalogEntry;
  change: string;
  revision: string;
  /** Base URL of the live service. */
  url: string;
  /** When the traffic was shifted, and when this bake began (RFC 3339): the workflow's times, so that a new worker goes on where the old one was. */
  shiftedAt: string;
  beganAt: string;
  /** Raised with each repeat, so that a gate does not find the request of an earlier one. */
  round: number;
}

/** How often the log is asked whether our own request has arrived. */
const arrivalPollMs = 1_000;

/**
 * Watches the log gates while the service bakes (runbook 000, deploy sequence, step 4): entries since the shift against the rate before it.
 * An empty answer proves nothing by itself: at the end our own request must have been found in the log, and users must have been served.
 */
export function createBakeActivities({ logs }: Pick<Ports, 'logs'>) {
  return {
    async bake(request: BakeRequest): Promise<{ verdict: Verdict; gates: GateResult[] }> {
      return withHeartbeat(async (progress, signal) => {
        const { bake, logs: gates, target } = request.entry.place;
        const deadline = Date.parse(request.beganAt) + bake.seconds * 1000;
        for (;;) {
          const results = await Promise.all(gates.map((gate) => countGate(logs, target.project, gate, request.shiftedAt)));
          if (results.some(({ verdict }) => verdict === 'fail')) return { verdict: 'fail', gates: results };
          const left = deadline - Date.now();
          progress({ baking: request.revision, secondsLeft: Math.max(0, Math.round(left / 1000)) });
          if (left <= 0) break;
          await pause(Math.min(left, bake.everySeconds * 1000), undefined, { signal });
        }
        return await concluded(request, progress, signal);
      });
    },
  };

  async function concluded(request: BakeRequest, progress: (detail: Record<string, unknown>) => void, signal: AbortSignal) {
    const { logs: gates, target } = request.entry.place;
    const arrival = await ownRequestArrives(request, progress, signal);
    const counted = await Promise.all(gates.map((gate) => countGate(logs, target.project, gate, request.shiftedAt)));
    const results = [...counted, arrival, await usersWereServed(request)];
    const verdicts = results.map(({ verdict }) => verdict);
    const verdict: Verdict = verdicts.includes('fail') ? 'fail' : verdicts.includes('inconclusive') ? 'inconclusive' : 'pass';
    return { verdict, gates: results };
  }

  /** Calls the live service and waits for that very request in the log: what was written before it has arrived, too. */
  async function ownRequestArrives({ entry, change, url, beganAt, round }: BakeRequest, progress: (detail: Record<string, unknown>) => void, signal: AbortSignal): Promise<GateResult> {
    const { target, bake, smoke } = entry.place;
    const userAgent = smokeUserAgent(change, `bake${round}`);
    const path = smoke.find(({ method }) => method === 'GET')?.path ?? '/';
    await fetch(new URL(path, url), { redirect: 'manual', headers: { 'user-agent': userAgent }, signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]) }).catch(() => undefined);
    const filter = `${requestsOf(target.service)} AND httpRequest.userAgent=${quoted(userAgent)} AND timestamp>=${quoted(beganAt)}`;
    const until = Date.now() + bake.logsArriveWithinSeconds * 1000;
    while (Date.now() < until) {
      if ((await logs.read(target.project, filter, 1)).length > 0) return { name: 'log arrival', verdict: 'pass', reason: 'our own request was found in the log', samples: [] };
      progress({ waitingFor: 'our own request in the log', userAgent });
      await pause(arrivalPollMs, undefined, { signal });
    }
    return { name: 'log arrival', verdict: 'inconclusive', reason: `our own request did not appear in the log within ${bake.logsArriveWithinSeconds} s, so an empty log proves nothing`, samples: [] };
  }

  async function usersWereServed({ entry, revision, shiftedAt }: BakeRequest): Promise<GateResult> {
    const { target, bake } = entry.place;
    const name = 'traffic';
    if (bake.leastRequests === 0) return { name, verdict: 'pass', reason: 'no requests are required', samples: [] };
    const filter = `${requestsOf(target.service)} AND resource.labels.revision_name=${quoted(revision)} AND timestamp>=${quoted(shiftedAt)} AND NOT httpRequest.userAgent:"slipway-smoke/"`;
    const seen = (await logs.read(target.project, filter, bake.leastRequests)).length;
    if (seen >= bake.leastRequests) return { name, verdict: 'pass', reason: `${seen} or more requests of users were served by ${revision}`, samples: [] };
    return { name, verdict: 'inconclusive', reason: `${revision} served ${seen} requests of users, ${bake.leastRequests} are required: nothing can be said of a service that nobody uses`, samples: [] };
  }
}

/** Entries since the shift, against what the same window before the shift lets expect. */
async function countGate(logs: Logs, project: string, { name, filter, freshnessMinutes, limit }: LogGate, shiftedAt: string): Promise<GateResult> {
  const shifted = Date.parse(shiftedAt);
  const before = new Date(shifted - freshnessMinutes * 60_000).toISOString();
  const [baseline, seen] = await Promise.all([
    logs.read(project, `timestamp>=${quoted(before)} AND timestamp<${quoted(shiftedAt)} AND (${filter})`, limit),
    logs.read(project, `timestamp>=${quoted(shiftedAt)} AND (${filter})`, limit),
  ]);
  const minutes = Math.max(0, Date.now() - shifted) / 60_000;
  const allowed = Math.ceil((baseline.length / freshnessMinutes) * minutes);
  const verdict: Verdict = seen.length > allowed ? 'fail' : 'pass';
  const reason = `${atLeast(seen.length, limit)} new entries since the shift; up to ${allowed} would be normal (${atLeast(baseline.length, limit)} in the ${freshnessMinutes} minutes before)`;
  return { name, verdict, reason, samples: seen.slice(0, 3).map(({ timestamp, text }) => `${timestamp} ${text}`) };
}

function requestsOf(service: string): string {
  return `resource.type="cloud_run_revision" AND resource.labels.service_name=${quoted(service)} AND log_id("run.googleapis.com/requests")`;
}

function atLeast(count: number, limit: number): string {
  return count === limit ? `${limit} or more` : String(count);
}
