import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';

/** Holds what an activity of a run says of its work: its last heartbeat, or undefined before the first. */
export interface Progress {
  heartbeat: unknown;
}

/** Reads the last heartbeat of the activity that a run waits for; null while no worker carries one out. */
export async function progressOf(client: Client, workflowId: string, runId?: string): Promise<Progress | null> {
  const { raw } = await client.workflow.getHandle(workflowId, runId).describe();
  const [activity] = (raw.pendingActivities ?? []).filter(({ lastStartedTime }) => lastStartedTime);
  if (!activity) return null;
  const [payload] = activity.heartbeatDetails?.payloads ?? [];
  return { heartbeat: payload ? defaultPayloadConverter.fromPayload(payload) : undefined };
}
