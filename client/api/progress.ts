import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';

/** Holds what an activity of a run says of its work: its last heartbeat, or undefined before the first. */
export interface Progress {
  heartbeat: unknown;
}

/** Reads the last heartbeat of the activity that a run waits for; null while no worker carries one out. */
export async function progressOf(client: Client, workflowId: string, runId?: string): Promise<Progress | null> {
  const [activity] = heartbeatsOf(await client.workflow.getHandle(workflowId, runId).describe());
  return activity ? { heartbeat: activity.heartbeat } : null;
}

/** Reads the last heartbeat of each activity that a worker carries out; undefined before its first. */
export function heartbeatsOf({
  raw,
}: Pick<WorkflowExecutionDescription, 'raw'>): { activity: string; heartbeat: unknown }[] {
  const begun = (raw.pendingActivities ?? []).filter(({ lastStartedTime }) => lastStartedTime);
  return begun.map(({ activityType, heartbeatDetails }) => {
    const [payload] = heartbeatDetails?.payloads ?? [];
    return {
      activity: activityType?.name ?? '',
      heartbeat: payload ? defaultPayloadConverter.fromPayload(payload) : undefined,
    };
  });
}
