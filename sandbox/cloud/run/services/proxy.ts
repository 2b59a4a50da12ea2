import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Agent, createServer, request as httpRequest } from 'node:http';
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunParts } from '../resources/collections.ts';
import type { Instances } from './instances.ts';
import type { Revision, Service } from '../resources/resources.ts';
import type { RequestMetrics } from './request-metrics.ts';
import { answerReservedPath } from './front-end.ts';
import { refuseCaller } from './invoker.ts';
import { recordRequest } from './request-record.ts';

/** Stands at the front of Cloud Run: one port for each service and for each of its tags. */
export interface Proxy {
  /** Listens, from now on, on the port of a service or, with a tag, of the tag. */
  listen(port: number, service: string, tag?: string): Promise<void>;
  close(port: number): void;
  closeAll(): void;
}

export interface ProxyParts extends RunParts {
  instances: Instances;
  metrics: RequestMetrics;
}

/** The time that a request waits for an instance that is starting again. */
const startWaitMs = 10_000;

export function createProxy(parts: ProxyParts): Proxy {
  const servers = new Map<number, Server>();
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const close = (port: number): void => {
    servers.get(port)?.close();
    servers.get(port)?.closeAllConnections();
    servers.delete(port);
  };
  return {
    listen: async (port, service, tag) => {
      if (servers.has(port)) return;
      const server = createServer((incoming, response) => {
        serve(parts, agent, { service, tag, incoming, response }).catch(() => fail(response, 500));
      });
      servers.set(port, server);
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, '127.0.0.1', resolve);
      });
    },
    close,
    closeAll: () => {
      for (const port of servers.keys()) close(port);
      agent.destroy();
    },
  };
}

interface Exchange {
  service: string;
  tag: string | undefined;
  incoming: IncomingMessage;
  response: ServerResponse;
}

async function serve(parts: ProxyParts, agent: Agent, exchange: Exchange): Promise<void> {
  const service = parts.state.services.get(exchange.service);
  const revision = service && pick(parts, service, exchange.tag);
  if (!revision) return fail(exchange.response, service ? 503 : 404);
  if (answerReservedPath(exchange.incoming, exchange.response)) return;
  recordRequest(parts, revision, exchange.incoming, exchange.response);
  if (refuseCaller(parts.cloud, service, exchange.incoming, exchange.response)) return;
  const port = await readyPort(parts, revision);
  if (port === undefined) return fail(exchange.response, 503);
  forward({ agent, port, revision, ...exchange });
}

/** Picks the revision that answers: by percent for the service's own address, by the tag for a tag's. */
function pick({ state }: RunParts, service: Service, tag: string | undefined): Revision | undefined {
  const targets = service.trafficStatuses;
  const target = tag === undefined ? byPercent(targets) : targets.find((each) => each.tag === tag);
  return target && state.revisions.get(`${service.name}/revisions/${target.revision}`);
}

function byPercent<T extends { percent: number }>(targets: T[]): T | undefined {
  const total = targets.reduce((sum, target) => sum + target.percent, 0);
  if (total === 0) return undefined;
  let left = randomInt(total);
  return targets.find((target) => (left -= target.percent) < 0);
}

async function readyPort(parts: ProxyParts, revision: Revision): Promise<number | undefined> {
  const waited = await Promise.race([parts.instances.ensure(revision), sleep(startWaitMs, undefined, { ref: false })]);
  return waited && 'port' in waited ? waited.port : undefined;
}

interface Forwarding extends Exchange {
  agent: Agent;
  port: number;
  revision: Revision;
}

function forward(forwarding: Forwarding): void {
  const { incoming, response, agent, port, revision } = forwarding;
  const timeoutMs = Number(revision.timeout?.seconds ?? 300) * 1000;
  const outgoing = httpRequest({
    agent,
    port,
    host: '127.0.0.1',
    method: incoming.method,
    path: incoming.url,
    timeout: timeoutMs,
    headers: {
      ...incoming.headers,
      'x-forwarded-for': incoming.socket.remoteAddress ?? '',
      'x-forwarded-proto': 'http',
    },
  });
  outgoing.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
    answer.on('error', () => response.destroy());
  });
  outgoing.on('timeout', () => {
    fail(response, 504);
    outgoing.destroy();
  });
  outgoing.on('error', (error: NodeJS.ErrnoException) => {
    const stale =
      outgoing.reusedSocket && error.code === 'ECONNRESET' && ['GET', 'HEAD'].includes(incoming.method ?? '');
    // The process had closed a kept connection just before; otherwise it died under the request.
    if (stale && !response.headersSent && !response.destroyed) forward(forwarding);
    else fail(response, 503);
  });
  response.on('close', () => outgoing.destroy());
  incoming.pipe(outgoing);
}

const reasons: Record<number, string> = {
  404: 'Page not found',
  500: 'Server Error',
  503: 'Service Unavailable',
  504: 'upstream request timeout',
};

function fail(response: ServerResponse, status: number): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, { 'content-type': 'text/plain' });
  response.end(`${reasons[status] ?? 'Error'}\n`);
}
