import { setTimeout as pause } from 'node:timers/promises';
import { finalFailure } from './failure.ts';
import { throughProxy } from './proxies.ts';

interface Patience {
  /** How the server is called in a failure. */
  place: string;
  tries: number;
  pauseMs: number;
  /** Limit of each try. */
  timeoutMs: number;
}

/**
 * Sends a request that changes nothing, and again if nobody answered or the server failed. No answer at last is a final
 * failure; any other answer is the caller's to judge.
 */
export async function fetchPatiently(
  url: URL,
  request: RequestInit,
  { place, tries, pauseMs, timeoutMs }: Patience,
): Promise<{ status: number; text: string }> {
  for (let attempt = 1; ; attempt += 1) {
    request.signal?.throwIfAborted();
    const limit = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(url, {
        redirect: 'manual',
        ...request,
        signal: request.signal ? AbortSignal.any([request.signal, limit]) : limit,
      });
      const text = await response.text();
      if (response.status < 500 || attempt === tries) return { status: response.status, text };
    } catch (error) {
      if (attempt === tries)
        throw finalFailure(
          'Unknown',
          `${place} at ${url.origin}${throughProxy(url.hostname)} does not answer: ${reasonOf(error)}`,
        );
    }
    await pause(pauseMs);
  }
}

/** Says why a fetch failed: Node has the reason in the cause. */
export function reasonOf(error: unknown): string {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  return cause instanceof Error ? cause.message || message : message;
}
