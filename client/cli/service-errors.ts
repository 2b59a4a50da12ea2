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
import { refusedType } from '../../contract/failures.ts';
import { CommandError } from './command-error.ts';
import { exitCodes } from './exit-codes.ts';

/** The gRPC status code somewhere in an error's chain of causes. */
export function grpcCodeOf(error: unknown): number | undefined {
  for (let inner: unknown = error; inner instanceof Error; inner = inner.cause) {
    if (isGrpcServiceError(inner)) return inner.code;
  }
  return undefined;
}

/** A query or an update that nobody took up: no worker, or none that has time. */
export function isUnanswered(error: unknown): boolean {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return true;
  const code = grpcCodeOf(error);
  return (
    code === status.DEADLINE_EXCEEDED ||
    code === status.CANCELLED ||
    (code === status.FAILED_PRECONDITION && /no poller|worker/i.test(String((error as Error).cause ?? error)))
  );
}

const hintsOfCode = new Map<number, string[]>([
  [
    status.UNAVAILABLE,
    [
      'is the server running? for a local one: ./slipway sandbox up',
      'the address comes from --dir, TEMPORAL_ADDRESS, a profile, or the live sandbox',
    ],
  ],
  [status.DEADLINE_EXCEEDED, ['the server did not answer in time; is it overloaded or behind a proxy?']],
  [status.UNAUTHENTICATED, ['check TEMPORAL_API_KEY or the certificates of the profile']],
  [status.PERMISSION_DENIED, ['check that the credentials are for this namespace (TEMPORAL_NAMESPACE)']],
]);

/** Whatever a client call threw, as one line with what to do. Errors that are no answer of a server pass unchanged. */
export function asCommandError(error: unknown): unknown {
  if (error instanceof CommandError) return error;
  if (error instanceof WorkflowUpdateFailedError) return asRefusal(error);
  if (error instanceof WorkflowNotFoundError) {
    return CommandError.notFound(`no run with the id ${error.workflowId} that can take this`, [
      './slipway list shows what runs',
    ]);
  }
  if (error instanceof NamespaceNotFoundError) {
    return CommandError.notFound(`the Temporal namespace ${error.namespace} does not exist`, [
      'set TEMPORAL_NAMESPACE, or create it: temporal operator namespace create',
    ]);
  }
  if (error instanceof WorkflowExecutionAlreadyStartedError) {
    return CommandError.refused(`a run with the id ${error.workflowId} is there already`, [
      `./slipway status ${error.workflowId}`,
      'give another --id, or none',
    ]);
  }
  if (error instanceof QueryNotRegisteredError) {
    return CommandError.notFound('this run does not answer that question', [
      'is the id that of a Slipway run? ./slipway list',
    ]);
  }
  if (isUnanswered(error))
    return CommandError.unreachable('no worker answered in time', ['start one: ./slipway worker']);
  const code = grpcCodeOf(error);
  return code === undefined && !(error instanceof ServiceError) ? error : asServerError(error as Error, code);
}

function asServerError(error: Error, code: number | undefined): CommandError {
  const cause = error.cause as { details?: string } | undefined;
  const details = cause?.details ?? (error.cause instanceof Error ? error.cause.message : error.message);
  const unreachable = code === undefined || hintsOfCode.has(code);
  const message = `Temporal: ${details || error.message}${code === undefined ? '' : ` (${status[code] ?? code})`}`;
  return new CommandError(message, {
    exitCode: unreachable ? exitCodes.unreachable : exitCodes.failed,
    code: unreachable ? 'Unreachable' : 'Failed',
    hints: hintsOfCode.get(code ?? status.UNAVAILABLE) ?? [],
  });
}

/** An update's handler answers type Refused with the reason; its validator refuses what is malformed. */
function asRefusal(error: WorkflowUpdateFailedError): CommandError {
  const { cause } = error;
  const reason = cause?.message ?? error.message;
  if (cause instanceof ApplicationFailure && cause.type === 'InvalidInput') {
    return new CommandError(reason, { exitCode: exitCodes.badInput, code: 'InvalidInput' });
  }
  const refused = CommandError.refused(reason.replace(/^refused: /i, ''));
  return cause instanceof ApplicationFailure && cause.type !== refusedType
    ? CommandError.refused(`${reason} (${cause.type ?? 'no type'})`)
    : refused;
}
