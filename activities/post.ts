import { ApplicationFailure } from '@temporalio/common';
import { fetchChecked } from './checked-fetch.ts';
import { finalFailure, passingFailure, signInFailure } from './failure.ts';
import { oneLine } from './one-line.ts';
import { reasonOf } from './patient-fetch.ts';
import { throughProxy } from './proxies.ts';

/** Describes a request to a service that people are told by. */
export interface Post {
  /** How the service is called in messages; its address may be a secret. */
  place: string;
  url: URL;
  headers: Record<string, string>;
  body: string;
  signal: AbortSignal;
}

export interface PostAnswer {
  status: number;
  /** At most `maxAnswerBytes` of it. */
  text: string;
  /** The pause that the service asks for; null if it asks for none. */
  retryAfterMs: number | null;
}

const timeoutMs = 10_000;
const maxAnswerBytes = 1024 * 1024;
const minPauseMs = 1_000;
/** A longer pause than this is not worth the wait: what is told then is old. */
const maxPauseMs = 10 * 60_000;
/** Statuses of a request that was not looked at: 408 Request Timeout, 425 Too Early, 429 Too Many Requests. */
const passingStatuses = [408, 425, 429];

/** Posts once. No answer is a failure that may pass; any answer is the caller's to judge. */
export async function post({ place, url, headers, body, signal }: Post): Promise<PostAnswer> {
  try {
    const answer = await fetchChecked(url, {
      method: 'POST',
      headers: { 'user-agent': 'slipway', ...headers },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    return { status: answer.status, text: await cappedText(answer.body), retryAfterMs: retryAfter(answer.retryAfter) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ApplicationFailure) throw error;
    throw passingFailure(`${place} does not answer${throughProxy(url.hostname)}: ${reasonOf(error)}`);
  }
}

/** Makes the failure of an answer that is no success; `pauseMs` is the pause if the service asks for none. */
export function failureOfAnswer(
  place: string,
  { status, text, retryAfterMs }: PostAnswer,
  pauseMs?: number,
): ApplicationFailure {
  const said = oneLine(text);
  const message = `${place} answered ${status}${said ? `: ${said}` : ''}`;
  if (status >= 500 || passingStatuses.includes(status))
    return passingFailure(message, { askedMs: retryAfterMs ?? pauseMs, isQuota: status === 429 });
  if (status === 401 || status === 403) return signInFailure(message);
  return finalFailure(status === 404 || status === 410 ? 'Missing' : 'BadRequest', message);
}

async function cappedText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= maxAnswerBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxAnswerBytes).toString();
}

/** Reads the header Retry-After: seconds, or a date (RFC 9110, section 10.2.3). */
function retryAfter(header: string | null): number | null {
  if (header === null) return null;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, minPauseMs), maxPauseMs);
}
