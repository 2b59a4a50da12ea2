import { Status } from 'google-gax';
import { oneLine } from '../one-line.ts';
import { CallError } from './call.ts';

/** Statuses of gRPC by those of HTTP. Platform: Cloud APIs, errors; Cloud Storage, status and error codes for JSON. */
const statuses: Readonly<Record<number, Status>> = {
  400: Status.INVALID_ARGUMENT,
  401: Status.UNAUTHENTICATED,
  403: Status.PERMISSION_DENIED,
  404: Status.NOT_FOUND,
  412: Status.FAILED_PRECONDITION,
  429: Status.RESOURCE_EXHAUSTED,
};

/** Makes the error of a call by HTTP, classified as one by gRPC is. `advice` ends the message for its statuses. */
export function httpCallError(doing: string, cause: unknown, advice: Partial<Record<Status, string>> = {}): CallError {
  const { code, message, retryDelayMs } = (cause ?? {}) as { code?: unknown; message?: unknown; retryDelayMs?: number };
  const status = typeof code === 'number' ? (statuses[code] ?? Status.UNAVAILABLE) : Status.UNAVAILABLE;
  return new CallError(doing, {
    code: status,
    retryDelayMs,
    details: `${oneLine(String(message ?? cause))}${advice[status] ?? ''}`,
  });
}

/** Makes an error of an answer that is none, with the delay that it asks for. Platform: RFC 9110, Retry-After. */
export function answerError({ status, headers }: Response, message: string): Error {
  const text = headers.get('retry-after') ?? '';
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  const retryDelayMs = Number.isFinite(seconds) ? Math.max(0, seconds) * 1000 : undefined;
  return Object.assign(new Error(message), { code: status, ...(retryDelayMs !== undefined && { retryDelayMs }) });
}
