import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { agentoRequests } from './traffic/agento.ts';
import type { Request } from './traffic/request.ts';
import { webRequests } from './traffic/web.ts';

/** One service that gets steady traffic. */
const trafficTarget = z.strictObject({
  /** The users that the traffic stands for. */
  kind: z.enum(['web', 'agento']),
  /** Address of the service. */
  url: z.url(),
  /** Requests a second. */
  rate: z.number().positive().max(200),
  /** The key that requests carry, where the service asks for one. */
  key: z.string().optional(),
});
export type TrafficTarget = z.infer<typeof trafficTarget>;

export interface TrafficOptions extends TrafficTarget {
  /** Gets one report every so often. */
  report?: (counts: TrafficCounts) => void;
  reportEveryMs?: number;
}

/** Counts of answers since the start. `skipped` are requests that were due while too many were still unanswered. */
export interface TrafficCounts {
  sent: number;
  answered: number;
  serverErrors: number;
  unreachable: number;
  skipped: number;
}

/**
 * The environment variable with the targets of the traffic. It holds keys, which a command line would show to
 * everybody.
 */
export const targetsVariable = 'SLIPWAY_TRAFFIC_TARGETS';

const maxInFlight = 4;

const requests = {
  web: ({ url }) => webRequests(url),
  agento: ({ url, key = '' }) => agentoRequests(url, key),
} satisfies Record<TrafficTarget['kind'], (target: TrafficTarget) => () => Request>;

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
 * Sends steady traffic until `signal` aborts: `rate` requests a second, at most four unanswered. It goes on while the
 * service is down, and answers the counts when what was in flight has ended.
 */
export const sendTraffic = async (options: TrafficOptions, signal: AbortSignal): Promise<TrafficCounts> => {
  const counts: TrafficCounts = { sent: 0, answered: 0, serverErrors: 0, unreachable: 0, skipped: 0 };
  const inFlight = new Set<Promise<void>>();
  const next = requests[options.kind](options);
  const reporting = setInterval(() => options.report?.({ ...counts }), options.reportEveryMs ?? 10_000);
  while (!signal.aborted) {
    if (inFlight.size < maxInFlight) {
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

const targetsOf = (text: string | undefined): TrafficTarget[] | undefined => {
  try {
    return z
      .array(trafficTarget)
      .min(1)
      .parse(JSON.parse(text ?? ''));
  } catch {
    return undefined;
  }
};

const main = async (): Promise<void> => {
  const targets = targetsOf(process.env[targetsVariable]);
  if (targets === undefined) {
    process.stderr.write(
      `${targetsVariable} must hold JSON: [{"kind": "web", "url": "http://…", "rate": 4}, ` +
        '{"kind": "agento", "url": "http://…", "rate": 2, "key": "…"}]\n',
    );
    process.exitCode = 2;
    return;
  }
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());
  await Promise.all(
    targets.map(async (target) => {
      const say = (counts: TrafficCounts): void =>
        void process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), url: target.url, ...counts })}\n`);
      say(await sendTraffic({ ...target, report: say }, stop.signal));
    }),
  );
};

if (import.meta.main) await main();
