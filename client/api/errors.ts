/** Base of every error that the client throws on purpose. Anything else that it throws is a defect. */
export abstract class SlipwayError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = new.target.name;
  }
}

/** No worker answered a message in time. It may still take effect. */
export class Unanswered extends SlipwayError {
  readonly messageName: string;

  constructor(messageName: string, timeoutMs: number, silence: string, cause?: unknown) {
    const within = `within ${Math.round(timeoutMs / 1000)} s`;
    super(`no worker answered ${messageName} ${within}: ${silence}; it may still take effect`, cause);
    this.messageName = messageName;
  }
}

/** Temporal cannot be used now: it does not answer (in time), or it does not let this client in. */
export class Outage extends SlipwayError {
  /** Name of the gRPC status; undefined when there was no answer at all. */
  readonly status: string | undefined;

  constructor(message: string, cause: unknown, status?: string) {
    super(message, cause);
    this.status = status;
  }
}

/** Temporal answered a call with an error that no other class describes. */
export class ServerFailure extends SlipwayError {}

/** The run refused a message, for the reason in `message`. */
export class Refused extends SlipwayError {}

/** The run could not read a message: it has the wrong form. */
export class MalformedMessage extends SlipwayError {}

/** No run has this workflow id, or it has closed and takes no messages any more. */
export class RunNotFound extends SlipwayError {
  readonly workflowId: string;

  constructor(workflowId: string, cause?: unknown) {
    super(`no run with the id ${workflowId} exists, or it has ended`, cause);
    this.workflowId = workflowId;
  }
}

/** A run with this workflow id exists already. */
export class RunExists extends SlipwayError {
  readonly workflowId: string;

  constructor(workflowId: string, cause?: unknown) {
    super(`a run with the id ${workflowId} exists already`, cause);
    this.workflowId = workflowId;
  }
}

/** The run does not know the query, so that it is no run of Slipway. */
export class UnknownQuery extends SlipwayError {
  constructor(cause?: unknown) {
    super('this run does not have that query', cause);
  }
}

/** The server has no such namespace. */
export class NamespaceNotFound extends SlipwayError {
  constructor(namespace: string, cause?: unknown) {
    super(`the Temporal namespace ${namespace} does not exist`, cause);
  }
}

/** A name in a filter has characters that no name of ours has. */
export class InvalidName extends SlipwayError {
  constructor(name: string) {
    super(`${name} is not a name`);
  }
}

/** No live sandbox with a Temporal server is in the folder. */
export class SandboxNotFound extends SlipwayError {
  readonly dir: string;

  constructor(dir: string) {
    super(`no sandbox with Temporal is up in ${dir}`);
    this.dir = dir;
  }
}

/** Nothing names a Temporal server: no sandbox, no variable, no profile. */
export class NoConnection extends SlipwayError {
  constructor() {
    super('no Temporal server is configured');
  }
}

/** Temporal's configuration (variables, profiles) cannot be read. */
export class BadConfiguration extends SlipwayError {}
