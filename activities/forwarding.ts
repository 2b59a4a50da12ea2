import type { Ports } from './ports/index.ts';

export interface ForwardRequest {
  /** The run that gets the message. */
  workflowId: string;
  message: string;
  payload: unknown;
  /** The same for every attempt, so that a repeat does not count twice. */
  updateId: string;
}

/** Forwards messages from a release to the run of its stop. */
export function createForwardingActivities({ runs }: Pick<Ports, 'runs'>) {
  return {
    /** Sends the message and answers what that run says, or why it refuses. */
    forwardMessage: async ({
      workflowId,
      message,
      payload,
      updateId,
    }: ForwardRequest): Promise<{ answer: string } | { refused: string }> =>
      runs.send(workflowId, message, payload, updateId),
  };
}
