import type { WorkflowInterceptors, WorkflowInternalsInterceptor } from '@temporalio/workflow';
import { earlyQuery } from '../contract/early-query.ts';

type Activation = Parameters<NonNullable<WorkflowInternalsInterceptor['activate']>>[0]['activation'];

/**
 * Refuses a query that comes before the workflow task it has to wait for. Every workflow of the bundle has this.
 *
 * The server hands a query that was sent while nobody worked to the next worker at once, with all of the history since:
 * timers that fired, messages that came. The SDK lets the workflow see them, although no task tells of them yet, and
 * keeps the run. What the task adds then comes after; a replay handles messages before timers. The run would be stuck
 * for good at the next death of its worker. A refused query drops the run from the worker's cache: the task builds it
 * from its history, and whoever asks again is answered (`askAgain` of contract/early-query.ts).
 */
export function interceptors(): WorkflowInterceptors {
  let history = 0;
  let time = '';
  let isAhead = false;

  /** What no task tells of has no time of its own: the history is longer, and the time is that of the task before. */
  function note({ historyLength, timestamp, isReplaying }: Activation): void {
    if (historyLength === history) return;
    const now = `${String(timestamp?.seconds)}.${timestamp?.nanos}`;
    isAhead = isReplaying !== true && now === time;
    history = historyLength ?? 0;
    time = now;
  }

  return {
    internals: [
      {
        activate(input, next) {
          const isQuery = input.activation.jobs?.every(({ queryWorkflow }) => queryWorkflow);
          if (!isQuery) note(input.activation);
          else if (isAhead) throw new Error(earlyQuery);
          next(input);
        },
      },
    ],
  };
}
