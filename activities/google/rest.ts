import type { Caller } from './call.ts';
import type { GoogleClients } from './clients.ts';
import { httpCallError } from './http-status.ts';

interface Request {
  /** Begins the message when it fails. */
  doing: string;
  host: string;
  path: string;
  /** Sent by POST; without one it is a GET. */
  body?: object;
}

/** Asks an API of Google Cloud that has no client here, and answers its JSON. */
export async function askApi(
  { apiUrl, accessToken }: Pick<GoogleClients, 'apiUrl' | 'accessToken'>,
  { callTimeoutMs, signal }: Caller,
  { doing, host, path, body }: Request,
): Promise<unknown> {
  const limit = AbortSignal.timeout(callTimeoutMs);
  try {
    const token = await accessToken();
    const answer = await fetch(`${apiUrl(host)}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      ...(body && { body: JSON.stringify(body) }),
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    const text = await answer.text();
    if (answer.ok) return JSON.parse(text) as unknown;
    throw Object.assign(new Error(messageIn(text) ?? `HTTP ${answer.status}`), { code: answer.status });
  } catch (error) {
    signal?.throwIfAborted();
    throw httpCallError(doing, error);
  }
}

function messageIn(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { error?: { message?: string } }).error?.message;
  } catch {
    return undefined;
  }
}
