import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { ApiException } from '@kubernetes/client-node';
import { formatFence, type Marker } from '../../contract/fence.ts';
import { apisFor, type Apis } from './apis.ts';
import { CallError } from './call-error.ts';
import type { KubernetesClient } from './client.ts';
import { NoAnswer } from './connection.ts';

/** Says of which cluster and for whom a call is made, and how it is given up. */
export interface Caller {
  client: KubernetesClient;
  marker?: Marker;
  signal?: AbortSignal;
}

/**
 * Makes one call, once: nothing repeats it, because a write is repeated only after its effect was looked for. `doing`
 * begins the message when it fails.
 */
export async function call<T>(caller: Caller, doing: string, send: (apis: Apis) => Promise<T>): Promise<T> {
  const { client, signal } = caller;
  signal?.throwIfAborted();
  try {
    return await send(apisFor(client, userAgent(caller.marker), signal));
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ApiException)
      throw CallError.ofAnswer(doing, error.code, String(error.body), error.headers['retry-after']);
    if (error instanceof NoAnswer) throw CallError.ofSilence(doing, error);
    throw error;
  }
}

/** Reads a path as JSON, unparsed by the client library: times are strings, unknown fields stay. */
export async function readJson<T>(caller: Caller, doing: string, path: string): Promise<T> {
  const timeout = AbortSignal.timeout(caller.client.callTimeoutMs);
  const signal = caller.signal ? AbortSignal.any([caller.signal, timeout]) : timeout;
  return answered(caller, doing, async () => JSON.parse(await text(await open(caller, doing, path, signal))) as T);
}

/** Opens a path whose answer may go on for long, as a watch or a log; the caller's signal ends it. */
export async function openStream(
  caller: Caller & { signal: AbortSignal },
  doing: string,
  path: string,
): Promise<IncomingMessage> {
  return answered(caller, doing, () => open(caller, doing, path, caller.signal));
}

async function open(caller: Caller, doing: string, path: string, signal: AbortSignal): Promise<IncomingMessage> {
  const headers = { accept: 'application/json', 'user-agent': userAgent(caller.marker) };
  const response = await caller.client.connection.send({ method: 'GET', path, headers, signal });
  if (response.statusCode === 200) return response;
  const body = await text(response);
  throw CallError.ofAnswer(doing, response.statusCode ?? 0, body, response.headers['retry-after']);
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
export function userAgent(marker: Marker | undefined): string {
  if (!marker) return 'slipway';
  const { change, step, attempt, fence } = marker;
  return `slipway (change=${change}; step=${step}; attempt=${attempt}; fence=${formatFence(fence)})`;
}
