import { Context } from '@temporalio/activity';
import { describeProgress, type ToldProgress } from '../contract/told-progress.ts';
import { waitsForField } from './heartbeat.ts';
import { oneLine } from './one-line.ts';
import type { Ports } from './ports/index.ts';

/** An activity of a run that has not ended. */
export interface PendingWork {
  /** How often it has failed so far. */
  failures: number;
  /** Why it failed last; null while it has not failed. */
  failure: string | null;
  /** What it says of its work, in one line; empty where it says nothing. */
  progress: string;
  /** What it cannot go on without, such as a quota; null where it goes on, absent from an earlier worker. */
  waitsFor?: string | null;
}

/** Answers a run what its own activities are doing: a workflow does not see that one of them is tried again. */
export function createPendingWorkActivities({ runs }: Pick<Ports, 'runs'>) {
  return {
    /** Lists the activities of a run that have not ended, but for this question. */
    async pendingWork({ workflowId, runId }: { workflowId: string; runId: string }): Promise<PendingWork[]> {
      const { activityId } = Context.current().info;
      const pending = await runs.pendingActivities(workflowId, runId);
      return pending
        .filter((one) => one.activityId !== activityId)
        .map(({ attempt, failure, heartbeat }) => ({
          failures: failure === null ? 0 : Math.max(1, attempt - 1),
          failure: failure === null ? null : oneLine(failure),
          progress: progressOf(heartbeat),
          waitsFor: waitOf(heartbeat),
        }));
    },
  };
}

function waitOf(heartbeat: unknown): string | null {
  const { [waitsForField]: what } = (heartbeat ?? {}) as { [waitsForField]?: unknown };
  return typeof what === 'string' ? oneLine(what) : null;
}

function progressOf(heartbeat: unknown): string {
  if (heartbeat === null || typeof heartbeat !== 'object') return '';
  const { [waitsForField]: _wait, ...progress } = heartbeat as ToldProgress;
  return oneLine(describeProgress(progress));
}
