import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { formatFence, type Marker } from '../../contract/fence.ts';
import { CallError } from './call-error.ts';
import type { KubernetesClient } from './client.ts';
import { NoAnswer } from './connection.ts';

/** Says of which cluster and for whom a call is made, and how it is given up. */
export interface Caller {
  client: KubernetesClient;
  marker?: Marker;
  signal?: AbortSignal;
}

/** What is asked of the API server; the answer is JSON. */
export interface Call {
  method: string;
  path: string;
  query?: Record<string, string>;
  accept?: string;
  contentType?: string;
  body?: unknown;
}

/**
 * Makes one call, once: nothing repeats it, because a write is repeated only after its effect was looked for. `doing`
 * begins the message when it fails. The client library does not parse the answer: times are strings, unknown fields
 * stay.
 */
export async function send<T>(caller: Caller, doing: string, asked: Call): Promise<T> {
  const timeout = AbortSignal.timeout(caller.client.callTimeoutMs);
  const signal = caller.signal ? AbortSignal.any([caller.signal, timeout]) : timeout;
  return answered(caller, doing, async () => JSON.parse(await text(await open(caller, doing, asked, signal))) as T);
}

/** Opens a path whose answer may go on for long, as a watch or a log; the caller's signal ends it. */
export async function openStream(
  caller: Caller & { signal: AbortSignal },
  doing: string,
  path: string,
): Promise<IncomingMessage> {
  return answered(caller, doing, () => open(caller, doing, { method: 'GET', path }, caller.signal));
}

/** Answers the open response; a refusal is thrown with all that the server says of it. */
async function open(caller: Caller, doing: string, asked: Call, signal: AbortSignal): Promise<IncomingMessage> {
  const { method, path, query, accept = 'application/json', contentType, body } = asked;
  const sent = body === undefined ? undefined : JSON.stringify(body);
  const response = await caller.client.connection.send({
    method,
    path: query ? `${path}?${new URLSearchParams(query).toString()}` : path,
    headers: {
      accept,
      'user-agent': userAgent(caller.marker),
      ...(contentType && { 'content-type': contentType }),
      // Node sends the body of a DELETE without its length otherwise, and the server refuses that.
      ...(sent !== undefined && { 'content-length': Buffer.byteLength(sent) }),
    },
    ...(sent !== undefined && { body: sent }),
    signal,
  });
  const status = response.statusCode ?? 0;
  if (method === 'GET' ? status === 200 : status >= 200 && status < 300) return response;
  throw CallError.ofAnswer(doing, status, await text(response), response.headers['retry-after']);
}

/** Whatever else goes wrong with an answer, such as half of it, leaves nothing known. */
async function answered<T>({ signal }: Caller, doing: string, read: () => Promise<T>): Promise<T> {
  signal?.throwIfAborted();
  try {
    return await read();
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof CallError) throw error;
    throw CallError.ofSilence(doing, error instanceof NoAnswer ? error : new NoAnswer(error));
  }
}

/** Names the caller where a cluster's audit log shows it. */
function userAgent(marker: Marker | undefined): string {
  if (!marker) return 'slipway';
  const { change, step, attempt, fence } = marker;
  return `slipway (change=${change}; step=${step}; attempt=${attempt}; fence=${formatFence(fence)})`;
}
