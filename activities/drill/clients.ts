import { setTimeout as pause } from 'node:timers/promises';
import type { DrillClients } from '../../contract/catalog/drill.ts';
import type { ClientReport } from '../../contract/drill.ts';
import type { GateContext } from '../gates/gate.ts';
import { valuesFor } from '../gates/placeholders.ts';
import { checkedLookup } from '../gates/forbidden-addresses.ts';
import { allowedUrl, declaredHosts, headersOf, type GateRequest } from '../gates/request.ts';
import { smokeUserAgent } from '../../contract/ids.ts';
import { StreamingClient } from './client.ts';

const pollMs = 20;

/** All clients of a drill, while they stream. */
export interface StreamingClients {
  /** Waits until every client has an answer, at most so long; says whether they all have. */
  allConnected(limitMs: number): Promise<boolean>;
  /** Breaks every client's connection at once. */
  breakConnections(): void;
  /** Answers what each client saw since the last call. */
  takeReports(): ClientReport[];
  /** Says why a client is without an answer; empty if none is. */
  problem(): string;
}

/**
 * Lets clients stream against the one endpoint that the catalog names, and ends them after the work, however it ends.
 * Their user agent is a gate's, so that they do not count as users.
 */
export async function withStreamingClients<T>(
  settings: DrillClients,
  context: GateContext,
  work: (clients: StreamingClients) => Promise<T>,
): Promise<T> {
  const { path, headers, count, everyMs, silenceSeconds } = settings;
  const request: GateRequest = { method: 'GET', path, headers, timeoutSeconds: silenceSeconds };
  const values = valuesFor('drill', context);
  const options = {
    url: allowedUrl(request, values, context),
    lookup: checkedLookup(declaredHosts(request, context)),
    headers: {
      'user-agent': smokeUserAgent(context.change, context.attemptKey),
      ...(await headersOf(request, values, context)),
    },
    everyMs,
    silenceMs: silenceSeconds * 1000,
  };
  const clients = Array.from({ length: count }, () => new StreamingClient(options));
  const ended = new AbortController();
  const signal = AbortSignal.any([context.signal, ended.signal]);
  const running = clients.map((client) => client.run(signal));
  try {
    return await work({
      async allConnected(limitMs) {
        const deadline = performance.now() + limitMs;
        while (!clients.every(({ isConnected }) => isConnected)) {
          if (performance.now() > deadline) return false;
          await pause(pollMs, undefined, { signal: context.signal });
        }
        return true;
      },
      breakConnections: () => clients.forEach((client) => client.breakConnection()),
      takeReports: () => clients.map((client) => client.takeReport()),
      problem: () => clients.find(({ isConnected }) => !isConnected)?.lastError ?? '',
    });
  } finally {
    ended.abort();
    await Promise.all(running);
  }
}
