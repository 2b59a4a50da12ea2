import type { Cloud } from '../../core/cloud.ts';
import { change } from '../resources/collections.ts';
import type { RunState } from '../resources/collections.ts';
import { caller, condition, newMetadata, now, withConditions } from '../resources/metadata.ts';
import type { ConditionDetails } from '../resources/metadata.ts';
import { logUri, parentName, shortName } from '../resources/names.ts';
import type { CompletionStatus, Execution, ExecutionTemplate, Job, Task } from '../resources/resources.ts';

/** Makes an accepted execution, before its first task runs. */
export function newExecution(cloud: Cloud, job: Job, template: ExecutionTemplate, name: string): Execution {
  const labels = { ...job.labels, ...template.labels };
  return {
    ...newMetadata(name, labels, template.annotations),
    job: shortName(job.name),
    creator: caller,
    launchStage: job.launchStage,
    startTime: null,
    completionTime: null,
    parallelism: template.parallelism || template.taskCount,
    taskCount: template.taskCount,
    template: template.template,
    runningCount: 0,
    succeededCount: 0,
    failedCount: 0,
    cancelledCount: 0,
    retriedCount: 0,
    logUri: logUri(cloud.project, `cloud_run_job/job_name/${shortName(job.name)}/location/${cloud.region}`),
    conditions: [
      condition('Completed', 'CONDITION_PENDING'),
      condition('Started', 'CONDITION_PENDING'),
      condition('ResourcesAvailable', 'CONDITION_PENDING'),
    ],
  };
}

export function newTask(execution: Execution, index: number): Task {
  const name = `${execution.name}/tasks/${shortName(execution.name)}-task${index}`;
  const { template } = execution;
  return {
    ...newMetadata(name, execution.labels, execution.annotations),
    job: execution.job,
    execution: shortName(execution.name),
    scheduledTime: now(),
    startTime: null,
    completionTime: null,
    containers: template.containers,
    maxRetries: template.maxRetries,
    timeout: template.timeout,
    executionEnvironment: template.executionEnvironment,
    index,
    retried: 0,
    lastAttemptResult: null,
    logUri: execution.logUri,
    conditions: [condition('Completed', 'CONDITION_PENDING')],
  };
}

export interface Ending {
  status: Extract<CompletionStatus, 'EXECUTION_SUCCEEDED' | 'EXECUTION_FAILED' | 'EXECUTION_CANCELLED'>;
  details: ConditionDetails;
}

/** Writes an execution's end, once, and tells its job. */
export function endExecution(state: RunState, name: string, ending: Ending): void {
  const verdict = ending.status === 'EXECUTION_SUCCEEDED' ? 'CONDITION_SUCCEEDED' : 'CONDITION_FAILED';
  const time = now();
  change(state.executions, name, (execution) => ({
    ...execution,
    runningCount: 0,
    reconciling: false,
    observedGeneration: execution.generation,
    completionTime: time,
    updateTime: time,
    conditions: withConditions(execution.conditions, [condition('Completed', verdict, ending.details)]),
  }));
  change(state.jobs, parentName(name), (job) => {
    const latest = job.latestCreatedExecution;
    if (latest?.name !== shortName(name)) return job;
    return { ...job, latestCreatedExecution: { ...latest, completionTime: time, completionStatus: ending.status } };
  });
}
