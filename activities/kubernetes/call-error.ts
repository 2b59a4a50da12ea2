import { oneLine } from '../one-line.ts';
import type { NoAnswer } from './connection.ts';

/** One reason of a refusal. Platform: Kubernetes API, Status.details.causes. */
export interface Cause {
  reason: string;
  field: string;
  message: string;
}

interface StatusBody {
  reason?: string;
  message?: string;
  details?: { kind?: string; causes?: Partial<Cause>[]; retryAfterSeconds?: number };
}

/** Says that the API server refused a call, or that no answer came in time. */
export class CallError extends Error {
  /** HTTP status; undefined if no answer came. */
  status: number | undefined;
  /** The server's word, such as `AlreadyExists`, `Conflict` or `Expired`; '' if there is none. */
  reason = '';
  causes: Cause[] = [];
  retryAfterMs: number | undefined;
  /** True if the request certainly never reached the server. */
  isUnsent = false;

  private constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'CallError';
  }

  static ofAnswer(doing: string, status: number, body: string, retryAfter?: string): CallError {
    const { reason = '', message = body, details = {} } = statusOf(body);
    const causes = (details.causes ?? []).map((cause) => ({ reason: '', field: '', message: '', ...cause }));
    const hidesValues = reason === 'Invalid' && causes.some(mayHoldSecret);
    const told = hidesValues ? causes.map(({ field, reason: why }) => `${field}: ${why}`).join(', ') : message;
    const error = new CallError(`${doing}: ${oneLine(told)}`);
    const seconds = Number(retryAfter ?? details.retryAfterSeconds);
    return Object.assign(error, {
      status,
      reason,
      causes,
      retryAfterMs: Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : undefined,
    });
  }

  static ofSilence(doing: string, { message, code, cause }: NoAnswer): CallError {
    const isTimeout = (cause as { cause?: { name?: unknown } } | undefined)?.cause?.name === 'TimeoutError';
    const error = new CallError(`${doing}: ${isTimeout ? 'no answer in time' : oneLine(message)}`, cause);
    error.isUnsent = code === 'ECONNREFUSED' || code === 'ENOTFOUND';
    return error;
  }
}

/** Parses a Status; a proxy's page is no Status, and so is nothing. */
function statusOf(body: string): StatusBody {
  try {
    const parsed: unknown = JSON.parse(body);
    return parsed !== null && typeof parsed === 'object' ? parsed : {};
  } catch {
    return {};
  }
}

/** Says whether the server may have quoted a value that is secret (invariant I9). */
function mayHoldSecret({ field }: Cause): boolean {
  return /(^|\.)(data|stringData|env|args|command)\b/.test(field);
}
