import { ApplicationFailure, TemporalFailure } from '@temporalio/common';

/** An error as the log has it. */
export interface LoggedError {
  /** How the run ended, the kind of the failure, or the class of the error. */
  type: string;
  message: string;
  /** Where a defect is; a failure that was foreseen has none. */
  stack?: string;
  cause?: LoggedError;
}

/** Describes an error for the log; anything else stays as it is. */
export function loggedError(error: unknown): unknown {
  return error instanceof Error ? describe(error) : error;
}

function describe(error: Error): LoggedError {
  const { cause, message, name, stack } = error;
  const type = error instanceof ApplicationFailure ? (error.type ?? name) : name;
  return {
    type,
    message,
    ...(!(error instanceof TemporalFailure) && stack !== undefined && { stack }),
    ...(cause instanceof Error && { cause: describe(cause) }),
  };
}
