import { ApplicationFailure } from '@temporalio/common';

/** An error as the log has it. */
export interface LoggedError {
  /** How the run ended, the kind of the failure, or the class of the error. */
  type: string;
  message: string;
  /** Where a defect is; a failure that was foreseen has none. */
  stack?: string;
  cause?: LoggedError;
}

/** Failures of Temporal, which somebody threw on purpose, and a server that is not there. */
const foreseen = /^((Application|Activity|ChildWorkflow|Cancelled|Timeout|Terminated|Server)Failure|TransportError)$/;

/** Describes an error for the log; anything else stays as it is. */
export function loggedError(error: unknown): unknown {
  return error instanceof Error ? describe(error) : error;
}

function describe(error: Error): LoggedError {
  const { cause, message, stack } = error;
  const name = classOf(error);
  const type = error instanceof ApplicationFailure ? (error.type ?? name) : name;
  return {
    type,
    message,
    ...(!foreseen.test(name) && stack !== undefined && { stack }),
    ...(cause instanceof Error && { cause: describe(cause) }),
  };
}

/** Names the class of an error. One from the thread of a workflow has it in its stack alone. */
function classOf({ name, stack = '' }: Error): string {
  return /^[A-Z]\w*(?=[:\n])/.exec(stack)?.[0] ?? name;
}
