import http, { type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import https from 'node:https';
import { checkedLookup, type DeclaredHosts } from './forbidden-addresses.ts';

interface HttpRequest {
  method: string;
  headers: OutgoingHttpHeaders;
  body: string | null;
  declared: DeclaredHosts;
  signal: AbortSignal;
}

/**
 * Sends a request over a connection of its own, and follows no redirect. `fetch` has no place for the look-up that
 * checks the address.
 */
export async function sendRequest(
  url: URL,
  { method, headers, body, declared, signal }: HttpRequest,
): Promise<IncomingMessage> {
  const { request } = url.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const options = { method, headers: { accept: '*/*', ...headers }, agent: false, signal };
    request(url, { ...options, lookup: checkedLookup(declared) })
      .on('response', resolve)
      .on('error', reject)
      .end(body ?? undefined);
  });
}
