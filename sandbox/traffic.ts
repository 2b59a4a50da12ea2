import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

export interface TrafficOptions {
  /** Address of the web service. */
  url: string;
  /** Requests a second. */
  rate: number;
  /** Gets one report every so often. */
  report?: (counts: TrafficCounts) => void;
  reportEveryMs?: number;
}

/** What came back since the start. `skipped` are requests that were due while too many were still unanswered. */
export interface TrafficCounts {
  sent: number;
  answered: number;
  serverErrors: number;
  unreachable: number;
  skipped: number;
}

const maximumInFlight = 4;
const maximumRate = 50;
const rememberedRuns = 20;
const requestTimeoutMs = 10_000;

type Request = () => Promise<Response>;

/** Requests in turn: create a run, then read one of the last ones with its checkpoints. */
const requestsOf = (url: string): (() => Request) => {
  const runs: string[] = [];
  let turn = 0;
  const create = async (): Promise<Response> => {
    const response = await send(new URL('/api/runs', url), { method: 'POST', body: JSON.stringify({ owner: 'traffic' }) });
    if (response.status === 201) {
      const { run } = (await response.clone().json()) as { run: { run_id: string } };
      runs.push(run.run_id);
      if (runs.length > rememberedRuns) runs.shift();
    }
    return response;
  };
  return () => {
    turn += 1;
    const known = runs[turn % Math.max(runs.length, 1)];
    return turn % 2 === 1 || known === undefined ? create : () => send(new URL(`/api/runs/${known}`, url), {});
  };
};

const send = (url: URL, init: RequestInit): Promise<Response> =>
  fetch(url, {
    ...init,
    headers: { 'content-type': 'application/json', 'user-agent': 'slipway-sandbox-traffic' },
    signal: AbortSignal.timeout(requestTimeoutMs),
  });

const count = async (counts: TrafficCounts, request: Request): Promise<void> => {
  counts.sent += 1;
  try {
    const response = await request();
    await response.arrayBuffer();
    counts.answered += 1;
    if (response.status >= 500) counts.serverErrors += 1;
  } catch {
    // Down, restarting or too slow: what traffic meets while a release goes wrong. It goes on.
    counts.unreachable += 1;
  }
};

/**
 * Steady, bounded traffic through the web service until `signal` aborts: `rate` requests a second, at most four unanswered. Goes on while
 * the service is down. Answers the counts when what was in flight has ended.
 */
export const sendTraffic = async (options: TrafficOptions, signal: AbortSignal): Promise<TrafficCounts> => {
  const counts: TrafficCounts = { sent: 0, answered: 0, serverErrors: 0, unreachable: 0, skipped: 0 };
  const inFlight = new Set<Promise<void>>();
  const next = requestsOf(options.url);
  const reporting = setInterval(() => options.report?.({ ...counts }), options.reportEveryMs ?? 10_000);
  while (!signal.aborted) {
    if (inFlight.size < maximumInFlight) {
      const request = count(counts, next()).finally(() => inFlight.delete(request));
      inFlight.add(request);
    } else {
      counts.skipped += 1;
    }
    await sleep(1_000 / options.rate, undefined, { signal }).catch(() => {});
  }
  clearInterval(reporting);
  await Promise.all(inFlight);
  return counts;
};

const main = async (): Promise<void> => {
  const { values } = parseArgs({ options: { url: { type: 'string' }, rate: { type: 'string', default: '4' } } });
  const rate = Number(values.rate);
  if (values.url === undefined || !URL.canParse(values.url) || !(rate > 0 && rate <= maximumRate)) {
    process.stderr.write(
      `usage: node sandbox/traffic.ts --url <address of the web> [--rate <requests a second, at most ${maximumRate}>]\n`,
    );
    process.exitCode = 2;
    return;
  }
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());
  const say = (counts: TrafficCounts): void =>
    void process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), ...counts })}\n`);
  say(await sendTraffic({ url: values.url, rate, report: say }, stop.signal));
};

if (import.meta.main) await main();
