import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { sendTraffic } from '../../sandbox/traffic.ts';
import type { TrafficCounts, TrafficTarget } from '../../sandbox/traffic.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

const listen = async (answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> => {
  server = createServer(answer);
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

/** Sends until `enough` of a report holds. */
const sendUntil = (
  url: string,
  enough: (counts: TrafficCounts) => boolean,
  kind: TrafficTarget['kind'] = 'web',
): Promise<TrafficCounts> => {
  const stop = new AbortController();
  const report = (counts: TrafficCounts): void => void (enough(counts) && stop.abort());
  return sendTraffic({ kind, url, key: 'the key', rate: 200, report, reportEveryMs: 5 }, stop.signal);
};

describe('traffic', () => {
  it('creates runs and reads them', async () => {
    const seen: string[] = [];
    const url = await listen((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      response.writeHead(request.method === 'POST' ? 201 : 200).end(JSON.stringify({ run: { run_id: 'r1' } }));
    });
    const counts = await sendUntil(url, ({ answered }) => answered >= 6);
    expect(counts).toMatchObject({ serverErrors: 0, unreachable: 0 });
    expect(new Set(seen)).toEqual(new Set(['POST /api/runs', 'GET /api/runs/r1']));
  });

  it('mostly reads agento, and enqueues runs with the key', async () => {
    const seen: string[] = [];
    const url = await listen((request, response) => {
      seen.push(`${request.method} ${request.url} ${String(request.headers['x-agent-api-key'])}`);
      response.writeHead(request.method === 'POST' ? 202 : 200).end(JSON.stringify({ runId: 'r1' }));
    });
    await sendUntil(url, ({ answered }) => answered >= 12, 'agento');
    const [enqueue, ...reads] = [
      'POST /v1/orchestrations/run the key',
      'GET /v1/orchestrations/runs?limit=5 undefined',
      'GET /v1/orchestrations/runs/r1/summary undefined',
    ];
    expect(new Set(seen)).toEqual(new Set([enqueue, ...reads]));
    expect(seen.filter((request) => request === enqueue).length).toBeLessThanOrEqual(Math.ceil(seen.length / 4));
  });

  it('goes on while the service fails or is away', async () => {
    const url = await listen((_request, response) => void response.writeHead(500).end());
    expect((await sendUntil(url, ({ serverErrors }) => serverErrors >= 3)).serverErrors).toBeGreaterThanOrEqual(3);
    expect(
      (await sendUntil('http://127.0.0.1:1', ({ unreachable }) => unreachable >= 3)).unreachable,
    ).toBeGreaterThanOrEqual(3);
  });

  it('never has more than four unanswered', async () => {
    const waiting: ServerResponse[] = [];
    const url = await listen((_request, response) => void waiting.push(response));
    const counts = await sendUntil(url, ({ skipped }) => {
      if (skipped < 20) return false;
      expect(waiting).toHaveLength(4);
      for (const response of waiting) response.end('{}');
      return true;
    });
    expect(counts.sent).toBe(4);
  });
});
