import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { StreamingClient } from '../../activities/drill/client.ts';
import { checkedLookup } from '../../activities/gates/forbidden-addresses.ts';
import { eventually } from '../until.ts';

let server: Server;
let ended: AbortController;
let running: Promise<void>;

/** Starts a service and one client that streams against it. */
async function open(listener: RequestListener, silenceMs = 5_000): Promise<StreamingClient> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/stream`);
  const client = new StreamingClient({ url, lookup: checkedLookup([]), headers: {}, everyMs: 5, silenceMs });
  ended = new AbortController();
  running = client.run(ended.signal);
  return client;
}

async function connected(client: StreamingClient): Promise<void> {
  await eventually('the client to be connected', async () => client.isConnected);
}

afterEach(async () => {
  ended.abort();
  await running;
  server.closeAllConnections();
  server.close();
});

describe('a client of a drill', () => {
  it('gets answers over one connection', async () => {
    let connections = 0;
    const client = await open((_request, response) => response.end('ok'));
    server.on('connection', () => (connections += 1));
    await connected(client);
    client.takeReport();
    connections = 0;
    let requests = 0;
    await eventually('ten answers', async () => (requests += client.takeReport().requests) >= 10);
    expect(connections).toBe(0);
    expect(client.takeReport()).toMatchObject({ errors: 0, losses: 0, reconnectMs: null, isConnected: true });
  });

  it('counts a connection that is broken from its end, and how long it takes to come back', async () => {
    const client = await open((_request, response) => response.end('ok'));
    await connected(client);
    client.takeReport();
    client.breakConnection();
    expect(client.isConnected).toBe(false);
    await connected(client);
    expect(client.takeReport()).toMatchObject({ losses: 1, reconnectMs: expect.any(Number), isConnected: true });
  });

  it('hears a stream that does not end, and notes when it breaks off', async () => {
    let opened = 0;
    const client = await open((_request, response) => {
      opened += 1;
      response.write('event: hello\n\n');
      const timer = setInterval(() => response.write('event: tick\n\n'), 10);
      response.once('close', () => clearInterval(timer));
    });
    await connected(client);
    client.takeReport();
    server.closeAllConnections();
    await eventually('the second stream', async () => opened === 2 && client.isConnected);
    expect(client.takeReport()).toMatchObject({ requests: 0, errors: 1, losses: 1, isConnected: true });
  });

  it('gives up a connection that says nothing', async () => {
    let isSilent = false;
    const client = await open((_request, response) => void (isSilent || response.end('ok')), 100);
    await connected(client);
    isSilent = true;
    await eventually('an error', async () => client.lastError !== '');
    expect(client.lastError).toBe('silent for 100 ms');
    isSilent = false;
    await connected(client);
    expect(client.takeReport().longestGapMs).toBeGreaterThanOrEqual(100);
  });

  it('is not connected where it is only told no', async () => {
    const client = await open((_request, response) => response.writeHead(503).end('no'));
    await eventually('an answer', async () => client.lastError === 'status 503');
    expect(client.takeReport()).toMatchObject({ requests: 0, isConnected: false });
  });
});
