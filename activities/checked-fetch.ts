import { refuseForbiddenHost } from './gates/forbidden-addresses.ts';
import { sendRequest } from './gates/http-request.ts';
import { proxyOf } from './proxies.ts';

interface CheckedRequest {
  method: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string;
  signal: AbortSignal;
}

export interface CheckedAnswer {
  status: number;
  /** The header Retry-After; null if there is none. */
  retryAfter: string | null;
  body: AsyncIterable<Uint8Array>;
}

/**
 * Sends a request to an address that a catalog names, and follows no redirect: it may lead anywhere, with what is sent.
 * The connection goes to the very address that was checked, so to no metadata server and to no link-local address.
 * Through a proxy the host is checked as it is named: the proxy looks it up, in a network of its own.
 */
export async function fetchChecked(
  url: URL,
  { method, headers = {}, body, signal }: CheckedRequest,
): Promise<CheckedAnswer> {
  refuseForbiddenHost(url.hostname, null);
  if (proxyOf(url.hostname)) {
    const answer = await fetch(url, { method, headers, body: body ?? null, redirect: 'manual', signal });
    return { status: answer.status, retryAfter: answer.headers.get('retry-after'), body: answer.body ?? nothing() };
  }
  const answer = await sendRequest(url, { method, headers, body: body ?? null, declared: null, signal });
  return {
    status: answer.statusCode ?? 0,
    retryAfter: answer.headers['retry-after'] ?? null,
    body: answer as AsyncIterable<Uint8Array>,
  };
}

async function* nothing(): AsyncIterable<Uint8Array> {}
