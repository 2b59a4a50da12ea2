import type { Ports } from './ports/index.ts';

export interface ForwardRequest {
  /** The run that waits. */
  workflowId: string;
  message: string;
  payload: unknown;
  /** The same for every attempt, so that a repeat does not count twice. */
  updateId: string;
}

/** Messages that a release hands on to the run of its stop. */
export function createForwardingActivities({ runs }: Pick<Ports, 'runs'>) {
  return {
    /** The answer of that run: what it says, or why it refuses. */
    forwardMessage: async ({
      workflowId,
      message,
      payload,
      updateId,
    }: ForwardRequest): Promise<{ answer: string } | { refused: string }> =>
      runs.send(workflowId, message, payload, updateId),
  };
}
