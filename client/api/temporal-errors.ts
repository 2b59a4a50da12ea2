import { status } from '@grpc/grpc-js';
import {
  isGrpcServiceError,
  NamespaceNotFoundError,
  QueryNotRegisteredError,
  ServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { isEarly } from '../../contract/early-query.ts';
import { refusedType } from '../../contract/failures.ts';
import {
  MalformedMessage,
  NamespaceNotFound,
  Outage,
  Refused,
  RunExists,
  RunNotFound,
  ServerFailure,
  SlipwayError,
  UnknownQuery,
} from './errors.ts';

/** Finds the gRPC status code in an error's chain of causes. */
export function grpcCodeOf(error: unknown): number | undefined {
  for (let inner: unknown = error; inner instanceof Error; inner = inner.cause) {
    if (isGrpcServiceError(inner)) return inner.code;
  }
  return undefined;
}

/** Tells whether nobody took up a query or an update: no worker lives, or none has time. */
export function isUnanswered(error: unknown): boolean {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isEarly(error)) return true;
  const code = grpcCodeOf(error);
  return (
    code === status.DEADLINE_EXCEEDED ||
    code === status.CANCELLED ||
    (code === status.FAILED_PRECONDITION && /no poller|worker/i.test(String((error as Error).cause ?? error)))
  );
}

/** Runs calls to Temporal and throws what goes wrong as an error of our own. */
export async function translated<T>(calls: () => Promise<T>): Promise<T> {
  try {
    return await calls();
  } catch (error) {
    throw error instanceof SlipwayError ? error : (toSlipwayError(error) ?? error);
  }
}

function toSlipwayError(error: unknown): SlipwayError | undefined {
  if (error instanceof WorkflowUpdateFailedError) return toRefusal(error);
  if (error instanceof WorkflowNotFoundError) return new RunNotFound(error.workflowId, error);
  if (error instanceof NamespaceNotFoundError) return new NamespaceNotFound(error.namespace, error);
  if (error instanceof WorkflowExecutionAlreadyStartedError) return new RunExists(error.workflowId, error);
  if (error instanceof QueryNotRegisteredError) return new UnknownQuery(error);
  const code = grpcCodeOf(error);
  return code === undefined && !(error instanceof ServiceError) ? undefined : toServerError(error as Error, code);
}

/** Codes that say that the server is away or too slow, or that it does not let this client in. */
const outageCodes: readonly number[] = [
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.CANCELLED,
  status.UNAUTHENTICATED,
  status.PERMISSION_DENIED,
];

function toServerError(error: Error, code: number | undefined): SlipwayError {
  const cause = error.cause as { details?: string } | undefined;
  const details = cause?.details ?? (error.cause instanceof Error ? error.cause.message : error.message);
  const text = `Temporal: ${details || error.message}`;
  if (code === undefined) return new Outage(text, error);
  const name = status[code] ?? String(code);
  const message = `${text} (${name})`;
  return outageCodes.includes(code) ? new Outage(message, error, name) : new ServerFailure(message, error);
}

/** Reads a refusal. The handler throws type Refused with the reason; the validator refuses what is malformed. */
function toRefusal(error: WorkflowUpdateFailedError): SlipwayError {
  const { cause } = error;
  const reason = cause?.message ?? error.message;
  if (!(cause instanceof ApplicationFailure)) return new Refused(withoutPrefix(reason), error);
  if (cause.type === 'InvalidInput') return new MalformedMessage(reason, error);
  const unexpected = cause.type === refusedType ? '' : ` (${cause.type ?? 'no type'})`;
  return new Refused(`${withoutPrefix(reason)}${unexpected}`, error);
}

function withoutPrefix(reason: string): string {
  return reason.replace(/^refused: /i, '');
}
