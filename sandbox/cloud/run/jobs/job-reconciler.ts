import type { Operation } from '../../core/operations.ts';
import type { Call } from '../../server/pipeline.ts';
import { pause } from '../../server/tempo.ts';
import { change } from '../resources/collections.ts';
import { runMessage } from '../resources/messages.ts';
import { condition } from '../resources/metadata.ts';
import { locationName, shortName } from '../resources/names.ts';
import type { Condition, Execution, Job } from '../resources/resources.ts';
import type { JobParts } from './executor.ts';
import { newToken } from './job-validation.ts';
import { executionName, startExecution } from './run-job.ts';
import { visibleJob } from './visibility.ts';

const kind = 'run.job';

/** Stores a created or updated job. A new execution token starts its execution with the very same write. */
export function acceptJob(parts: JobParts, job: Job, before: Job | undefined, call: Call): Operation {
  const { cloud, state } = parts;
  state.jobs.put(job.name, job);
  call.effect(before ? 'updated' : 'created', job.name);
  const token = newToken(job, before);
  const execution = token === undefined ? undefined : startExecution(parts, job, executionName(job, token), null);
  if (execution) call.effect('started', execution.name);
  const operation = cloud.operations.create({
    parent: locationName(cloud),
    kind,
    target: job.name,
    metadata: runMessage('Job', visibleJob(parts, state.jobs.get(job.name) ?? job)),
  });
  void settleJob(parts, job.name, job.generation, operation.name, job.runExecutionToken ? execution : undefined);
  return operation;
}

/** Follows an accepted change of a job to its end: the job is ready when its image is there. */
async function settleJob(
  parts: JobParts,
  name: string,
  generation: string,
  operation: string,
  awaited?: Execution,
): Promise<void> {
  const { cloud, state, executor } = parts;
  const { operationMs } = cloud.tempo;
  await pause(operationMs * 0.3);
  const write = (ready: Condition, rest: Partial<Job> = {}): Job | undefined =>
    change(state.jobs, name, (job) =>
      job.generation === generation ? { ...job, ...rest, terminalCondition: ready } : job,
    );
  write(condition('Ready', 'CONDITION_RECONCILING'));
  await pause(operationMs * 0.7);
  if (awaited) await executor.finished(awaited.name);
  const image = state.jobs.get(name)?.template.template.containers[0]?.image ?? '';
  const missing = cloud.images.resolve(image) === undefined;
  const message = `Image '${image}' not found.`;
  const ready = missing
    ? condition('Ready', 'CONDITION_FAILED', { message, reason: 'CONTAINER_MISSING' })
    : condition('Ready', 'CONDITION_SUCCEEDED');
  const job = write(ready, { reconciling: false, observedGeneration: generation });
  if (!job) cloud.operations.fail(operation, { code: 'NOT_FOUND', message: `Job '${shortName(name)}' was deleted.` });
  else if (missing) cloud.operations.fail(operation, { code: 'NOT_FOUND', message });
  else cloud.operations.complete(operation, runMessage('Job', job));
}

/** Goes on, after a restart, with the changes of jobs that were accepted before. */
export function resumeJobs(parts: JobParts): void {
  const { cloud, state } = parts;
  for (const operation of cloud.operations.pending(kind)) {
    const job = state.jobs.get(operation.target);
    void settleJob(parts, operation.target, job?.generation ?? '', operation.name);
  }
}
