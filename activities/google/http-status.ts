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
  const { code, message } = (cause ?? {}) as { code?: unknown; message?: unknown };
  const status = typeof code === 'number' ? (statuses[code] ?? Status.UNAVAILABLE) : Status.UNAVAILABLE;
  return new CallError(doing, {
    code: status,
    details: `${oneLine(String(message ?? cause))}${advice[status] ?? ''}`,
  });
}
