import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepareProxies, proxyOf, throughProxy } from '../../activities/proxies.ts';
import { runSlipway } from './run-slipway.ts';

/** A proxy that takes every connection and refuses what it is asked. */
let proxy: Server;
let asked: string[];
let address: string;
beforeEach(async () => {
  asked = [];
  proxy = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (data) => {
      asked.push(data.toString().split('\r\n')[0] ?? '');
      socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n');
    });
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  address = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
});
afterEach(() => proxy.close());

describe('a proxy in the environment', () => {
  it.each(['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'grpc_proxy'])(
    'named by %s never takes what is on this machine',
    async (variable) => {
      const variables = { [variable]: `http://${address}`, no_proxy: 'example.com', TEMPORAL_ADDRESS: '127.0.0.1:1' };
      const { stderr } = await runSlipway(['list'], variables);
      expect(asked).toEqual([]);
      expect(stderr).toContain('connection refused, nothing listens there');
      expect(stderr).not.toContain('proxy');
    },
  );

  it.each(['https_proxy', 'HTTPS_PROXY'])('named by %s is named where Temporal is not reached', async (variable) => {
    const variables = { [variable]: `http://user:canary@${address}`, TEMPORAL_ADDRESS: 'temporal.example.com:7233' };
    const { stderr } = await runSlipway(['list'], variables);
    expect(asked).toContain('CONNECT temporal.example.com:7233 HTTP/1.1');
    expect(stderr).toContain(`through the proxy ${address} (from https_proxy)`);
    expect(stderr).not.toContain('canary');
  });
});

describe('the proxy of a host', () => {
  const environment = { https_proxy: 'http://proxy.example.com:3128', no_proxy: 'internal,10.0.0.0/8,*.corp' };
  it.each(['localhost', '127.0.0.1', '127.9.9.9', '[::1]', 'a.internal', 'internal', '10.1.2.3', 'x.corp'])(
    'is none for %s',
    (host) => expect(throughProxy(host, environment)).toBe(''),
  );
  it.each(['temporal.example.com', '11.1.2.3', 'notinternal'])('is that of the environment for %s', (host) => {
    expect(proxyOf(host, environment)).toMatchObject({ variable: 'https_proxy' });
  });

  it('takes HTTP the same way as gRPC, and this machine in neither', async () => {
    const variables: NodeJS.ProcessEnv = { HTTPS_PROXY: `http://${address}`, NO_PROXY: 'example.com' };
    const restore = await prepareProxies(variables);
    try {
      expect(variables).toMatchObject({ https_proxy: `http://${address}`, no_proxy: variables['NO_PROXY'] });
      expect(variables['no_proxy']).toMatch(/^example\.com,localhost,127\.0\.0\.1,/);
      await expect(fetch('https://api.example.org/x')).rejects.toThrow();
      expect(asked).toEqual(['CONNECT api.example.org:443 HTTP/1.1']);
      await expect(fetch('https://127.0.0.1:1/x')).rejects.toThrow();
      expect(asked).toHaveLength(1);
    } finally {
      restore();
    }
  });
});
