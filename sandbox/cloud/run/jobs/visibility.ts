import { toMillis } from '../resources/metadata.ts';
import { notFound, shortName } from '../resources/names.ts';
import { withPlatformKeys } from '../resources/platform-keys.ts';
import type { RunParts } from '../resources/collections.ts';
import type { Execution, Job } from '../resources/resources.ts';

/** Refuses an execution that cannot be found by its name yet. */
export function visibleExecution({ cloud }: RunParts, execution: Execution): Execution {
  if (isYoungerThan(execution, cloud.tempo.executionLagMs)) throw notFound(cloud, 'EXECUTION', execution.name);
  return execution;
}

/** Answers a job as it is read: its newest executions may not have been counted yet. */
export function visibleJob(parts: RunParts, stored: Job): Job {
  const { cloud, state } = parts;
  const job = cloud.world.now.platformKeys ? withKeys(stored) : stored;
  const { jobLagMs } = cloud.tempo;
  if (jobLagMs === 0) return job;
  const executions = state.executions.list(`${job.name}/executions/`);
  const unseen = executions.filter((execution) => isYoungerThan(execution, jobLagMs));
  if (unseen.length === 0) return job;
  const [newest] = executions
    .filter((execution) => !unseen.includes(execution))
    .toSorted((left, right) => toMillis(right.createTime) - toMillis(left.createTime));
  return {
    ...job,
    executionCount: job.executionCount - unseen.length,
    latestCreatedExecution: newest ? referenceTo(newest) : null,
  };
}

function withKeys(job: Job): Job {
  const { labels, annotations } = job.template;
  return {
    ...job,
    annotations: withPlatformKeys(job.annotations),
    template: { ...job.template, labels: withPlatformKeys(labels), annotations: withPlatformKeys(annotations) },
  };
}

function referenceTo({ name, createTime, completionTime }: Execution): Job['latestCreatedExecution'] {
  const completionStatus = completionTime ? 'EXECUTION_SUCCEEDED' : 'EXECUTION_RUNNING';
  return { name: shortName(name), createTime, completionTime, deleteTime: null, completionStatus };
}

function isYoungerThan({ createTime }: Execution, ms: number): boolean {
  return ms > 0 && Date.now() - toMillis(createTime) < ms;
}
