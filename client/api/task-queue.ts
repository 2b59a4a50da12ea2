import type { Client } from '@temporalio/client';
import { taskQueue } from '../../contract/ids.ts';

/** A worker that lives asks for work at least once a minute; the server remembers who asked for five. */
const maxSilenceMs = 90_000;

/** Tells whether a worker asks for work on the task queue, or has within the last minute. */
export async function hasWorker(client: Client): Promise<boolean> {
  // Without a type it is the queue of workflow tasks.
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: taskQueue },
  });
  return (pollers ?? []).some(({ lastAccessTime }) => {
    const at = Number(lastAccessTime?.seconds ?? 0) * 1_000;
    return Date.now() - at < maxSilenceMs;
  });
}

/** Says why nobody has answered: nobody works on the queue, or who does has no time. */
export async function silenceOf(client: Client): Promise<string> {
  const works = await hasWorker(client).catch(() => true);
  return works ? 'the workers do not answer in time' : nobodyWorks;
}

const nobodyWorks = `nobody works on the task queue ${taskQueue}`;
