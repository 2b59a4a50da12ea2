import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import { fetchChecked } from './checked-fetch.ts';
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

const formType = 'application/x-www-form-urlencoded;charset=UTF-8';

/** A question; with parameters they are posted as a form. */
interface PatientRequest {
  form?: URLSearchParams;
  signal?: AbortSignal;
}

/**
 * Sends a request that changes nothing, and again if nobody answered or the server failed. No answer at last is a final
 * failure; any other answer is the caller's to judge.
 */
export async function fetchPatiently(
  url: URL,
  { form, signal }: PatientRequest,
  { place, tries, pauseMs, timeoutMs }: Patience,
): Promise<{ status: number; text: string }> {
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    const limit = AbortSignal.timeout(timeoutMs);
    try {
      const { status, body } = await fetchChecked(url, {
        ...(form
          ? { method: 'POST', headers: { 'content-type': formType }, body: form.toString() }
          : { method: 'GET' }),
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
      });
      const text = (await buffer(body)).toString();
      if (status < 500 || attempt === tries) return { status, text };
    } catch (error) {
      if (error instanceof ApplicationFailure) throw error;
      if (attempt === tries)
        throw finalFailure(
          'Unknown',
          `${place} at ${url.origin}${throughProxy(url.hostname)} does not answer: ${reasonOf(error)}`,
        );
    }
    await pause(pauseMs);
  }
}

/** Says why a request failed. Node has the reason of a `fetch` in the cause; of several addresses only in a code. */
export function reasonOf(error: unknown): string {
  const { message, cause, code } = (error instanceof Error ? error : new Error(String(error))) as NodeJS.ErrnoException;
  return (cause instanceof Error && cause.message) || message || code || 'no reason is known';
}
