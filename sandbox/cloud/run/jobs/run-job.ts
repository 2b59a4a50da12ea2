import type { Operation } from '../../core/operations.ts';
import type { Call } from '../../server/pipeline.ts';
import { change } from '../resources/collections.ts';
import { runMessage } from '../resources/messages.ts';
import { newEtag, now } from '../resources/metadata.ts';
import { randomSuffix, shortName } from '../resources/names.ts';
import type { NamedRequest } from '../resources/messages.ts';
import type { Execution, Job } from '../resources/resources.ts';
import { checkEtag, dryOperation } from '../resources/run-operations.ts';
import { newExecution } from './execution-lifecycle.ts';
import { followExecution } from './execution-operations.ts';
import type { JobParts } from './executor.ts';
import { applyOverrides } from './overrides.ts';
import type { Overrides } from './overrides.ts';

export interface RunRequest extends NamedRequest {
  overrides: Overrides | null;
}

/** Runs a job once; the operation is done when the execution has ended. */
export function runJob(parts: JobParts, job: Job, request: RunRequest, call: Call): Operation {
  const { cloud } = parts;
  if (cloud.world.now.runChecksEtag) checkEtag(job.name, job.etag, request.etag);
  // The name is chosen before the answer, and so the caller knows it from the operation's metadata at once.
  const name = executionName(job, randomSuffix(5));
  if (request.validateOnly) {
    const execution = newExecution(cloud, job, applyOverrides(job, request.overrides), name);
    return dryOperation(cloud, name, runMessage('Execution', execution));
  }
  const execution = startExecution(parts, job, name, request.overrides);
  if (cloud.world.now.startToken === 'dropped') dropTokens(parts, job.name);
  call.effect('started', execution.name);
  return followExecution(parts, execution);
}

/** Names a job's execution. Platform: `<job>-<token>`, and a random end where the caller gave no token. */
export function executionName(job: Job, token: string): string {
  return `${job.name}/executions/${shortName(job.name)}-${token}`;
}

/** Drops the tokens of a job that is run in another way. Platform: reported of `jobs:run`. */
function dropTokens({ state }: JobParts, name: string): void {
  change(state.jobs, name, ({ startExecutionToken: _start, runExecutionToken: _run, ...job }): Job => job);
}

/** Starts an execution in one synchronous step: it exists, and its job counts it. */
export function startExecution(parts: JobParts, job: Job, name: string, overrides: Overrides | null): Execution {
  const { cloud, state, executor } = parts;
  const execution = newExecution(cloud, job, applyOverrides(job, overrides), name);
  state.executions.put(name, execution);
  change(state.jobs, job.name, (present): Job => ({
    ...present,
    ...(cloud.world.now.runMovesEtag && { etag: newEtag(), updateTime: now() }),
    executionCount: present.executionCount + 1,
    latestCreatedExecution: {
      name: shortName(name),
      createTime: execution.createTime,
      completionTime: null,
      deleteTime: null,
      completionStatus: 'EXECUTION_RUNNING',
    },
  }));
  executor.start(execution);
  return execution;
}
