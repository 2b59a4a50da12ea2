import { RpcError } from '../../server/errors.ts';
import type { WorldValues } from '../../core/world.ts';
import type { RunState } from '../resources/collections.ts';
import { shortName } from '../resources/names.ts';
import type { Job } from '../resources/resources.ts';
import { checkAnnotations, checkLabels } from '../resources/platform-keys.ts';
import { checkContainers, Violations } from '../resources/validation.ts';

export function checkJob(violations: Violations, job: Job | null): void {
  const task = job?.template?.template;
  if (!job || !task) return violations.add('job.template.template', 'is required');
  checkContainers(violations, 'job.template.template.containers', task.containers);
  checkAnnotations(violations, 'job.annotations', job.annotations);
  checkAnnotations(violations, 'job.template.annotations', job.template.annotations);
  checkLabels(violations, 'job.labels', job.labels);
  checkLabels(violations, 'job.template.labels', job.template.labels);
  const retries = (task.maxRetries as number | undefined) ?? 3;
  violations.check(retries >= 0 && retries <= 10, 'job.template.template.max_retries', 'must be between 0 and 10');
  const seconds = Number(task.timeout?.seconds ?? 600);
  violations.check(
    seconds > 0 && seconds <= 604_800,
    'job.template.template.timeout',
    'must be between 1 second and 7 days',
  );
  violations.check(
    job.template.taskCount >= 0 && job.template.taskCount <= 10_000,
    'job.template.task_count',
    'must be between 1 and 10000',
  );
}

/** Answers a job with the execution tokens that this world's platform knows; refuses them where it refuses them. */
export function knownTokens({ startToken }: WorldValues, job: Job): Job {
  const { startExecutionToken, runExecutionToken, ...rest } = job;
  if (startToken === 'ignored') return rest;
  if (startToken === 'refused' && (startExecutionToken || runExecutionToken))
    throw new RpcError(
      'INVALID_ARGUMENT',
      'The feature `Execution Tokens` is not supported in the declared launch stage on job ' +
        `'${shortName(job.name)}'. Please set the launch stage.`,
    );
  return job;
}

/** Finds the token with which a write starts an execution: one that the job did not have before. */
export function newToken(job: Job, before: Job | undefined): string | undefined {
  const token = job.startExecutionToken || job.runExecutionToken;
  return token && token !== (before?.startExecutionToken || before?.runExecutionToken) ? token : undefined;
}

/**
 * Refuses a bad execution token. Platform: Job.start_execution_token, "the sum of job name and token length must be
 * fewer than 63 characters".
 */
export function checkToken(state: RunState, job: Job, before: Job | undefined): void {
  const token = newToken(job, before);
  if (token === undefined) return;
  const id = shortName(job.name);
  const violations = new Violations();
  const field = job.startExecutionToken ? 'job.start_execution_token' : 'job.run_execution_token';
  violations.check(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(token), field, 'only lowercase, digits, and hyphens');
  violations.check(
    id.length + token.length < 63,
    field,
    'the sum of job name and token length must be fewer than 63 characters',
  );
  violations.throwIfAny();
  if (state.executions.get(`${job.name}/executions/${id}-${token}`)) {
    throw new RpcError('ALREADY_EXISTS', `Resource '${id}-${token}' already exists.`);
  }
}
