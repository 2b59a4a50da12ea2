import { afterEach, expect, it, vi } from 'vitest';
import { nativeProxy } from '../../worker/native-proxy.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

it("the worker's own gRPC takes the proxy that all others take, and none for this machine", () => {
  vi.stubEnv('grpc_proxy', undefined);
  vi.stubEnv('no_proxy', 'internal.example.com');
  vi.stubEnv('https_proxy', 'http://robot:p%2Bw@proxy.example.com:3128');
  expect(nativeProxy('temporal.example.com')).toEqual({
    proxy: {
      type: 'http-connect',
      targetHost: 'proxy.example.com:3128',
      basicAuth: { username: 'robot', password: 'p+w' },
    },
  });
  vi.stubEnv('https_proxy', 'http://proxy.example.com');
  expect(nativeProxy('temporal.example.com')).toEqual({
    proxy: { type: 'http-connect', targetHost: 'proxy.example.com:80' },
  });
  for (const host of ['127.0.0.1', 'localhost', 'internal.example.com']) expect(nativeProxy(host)).toEqual({});
});
