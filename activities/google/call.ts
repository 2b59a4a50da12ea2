import { Status, type CallOptions } from 'google-gax';
import { formatFence, type Marker } from '../../contract/fence.ts';
import { activitySignal } from '../heartbeat.ts';
import { oneLine } from '../one-line.ts';

/** Says for whom a call is made, and how it is given up. */
export interface Caller {
  callTimeoutMs: number;
  marker?: Marker;
  signal?: AbortSignal;
}

/** Says that the platform refused a call, or that no answer came in time. */
export class CallError extends Error {
  readonly code: Status;
  readonly retryDelayMs: number | undefined;

  constructor(doing: string, cause: unknown) {
    const { code, details, message } = (cause ?? {}) as { code?: unknown; details?: unknown; message?: unknown };
    const text = typeof details === 'string' && details !== '' ? details : String(message ?? cause);
    super(`${doing}: ${oneLine(text)}`, { cause });
    this.name = 'CallError';
    this.code = typeof code === 'number' ? code : Status.UNKNOWN;
    this.retryDelayMs = retryDelayMs(cause);
  }
}

/**
 * Makes one call, once. The client's own retries are off, because a write is repeated only after its effect was looked
 * for. The headers name the caller. `doing` begins the message when it fails.
 */
export async function call<T>(
  caller: Caller,
  doing: string,
  send: (options: CallOptions) => Promise<[T, ...unknown[]]>,
): Promise<T> {
  const { signal, callTimeoutMs: timeout } = caller;
  signal?.throwIfAborted();
  try {
    const [answer] = await send({
      timeout,
      retry: null,
      ...(signal && { signal }),
      otherArgs: { headers: markerHeaders(caller.marker) },
    });
    return answer;
  } catch (error) {
    // Whoever waits for its turn is given up with its activity.
    (signal ?? activitySignal())?.throwIfAborted();
    throw new CallError(doing, error);
  }
}

function markerHeaders(marker: Marker | undefined): Record<string, string> {
  if (!marker) return {};
  return {
    'x-slipway-change': marker.change,
    'x-slipway-step': marker.step,
    'x-slipway-attempt': String(marker.attempt),
    'x-slipway-fence': formatFence(marker.fence),
  };
}

interface RetryInfo {
  '@type'?: string;
  retryDelay?: { seconds?: string | number | null; nanos?: number | null } | null;
}

/**
 * Reads the delay that the platform asks for. Platform: google.rpc.RetryInfo among an error's details; by HTTP the
 * header Retry-After.
 */
export function retryDelayMs(cause: unknown): number | undefined {
  const { retryDelayMs: known } = (cause ?? {}) as { retryDelayMs?: unknown };
  if (typeof known === 'number') return known;
  const details = (cause as { statusDetails?: unknown } | null)?.statusDetails;
  if (!Array.isArray(details)) return undefined;
  const delay = (details as RetryInfo[]).find((detail) => detail?.retryDelay)?.retryDelay;
  return delay ? Number(delay.seconds ?? 0) * 1000 + Math.ceil((delay.nanos ?? 0) / 1e6) : undefined;
}
