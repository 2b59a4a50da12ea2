import type { NativeConnectionOptions } from '@temporalio/worker';
import { proxyOf } from '../activities/proxies.ts';

/** Answers the proxy as the worker's own gRPC wants it, which reads no environment. */
export function nativeProxy(host: string): Pick<NativeConnectionOptions, 'proxy'> {
  const proxy = proxyOf(host);
  if (!proxy) return {};
  const { hostname, port, username, password } = proxy.url;
  const basicAuth = { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  const targetHost = `${hostname}:${port || '80'}`;
  return { proxy: { type: 'http-connect', targetHost, ...(username === '' ? {} : { basicAuth }) } };
}
