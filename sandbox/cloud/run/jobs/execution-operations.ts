import type { Operation } from '../../core/operations.ts';
import type { JobParts } from './executor.ts';
import { runMessage } from '../resources/messages.ts';
import { locationName, notFound } from '../resources/names.ts';
import type { Execution } from '../resources/resources.ts';

const kind = 'run.execution';

/**
 * Creates the operation of RunJob: its metadata is the execution, and it is done when that has ended. Platform: an
 * execution that failed or was cancelled is the response too, told apart by its counts and conditions.
 */
export function followExecution(parts: JobParts, execution: Execution): Operation {
  const operation = parts.cloud.operations.create({
    parent: locationName(parts.cloud),
    kind,
    target: execution.name,
    metadata: runMessage('Execution', execution),
  });
  void settleWithExecution(parts, operation.name, execution.name);
  return operation;
}

async function settleWithExecution(parts: JobParts, operation: string, name: string): Promise<void> {
  const { cloud, state, executor } = parts;
  const stop = executor.onChange(name, (execution) =>
    cloud.operations.update(operation, runMessage('Execution', execution)),
  );
  await executor.finished(name);
  stop();
  const execution = state.executions.get(name);
  if (execution) cloud.operations.complete(operation, runMessage('Execution', execution));
  else cloud.operations.fail(operation, { code: 'NOT_FOUND', message: notFound(cloud, 'EXECUTION', name).message });
}

/** Resumes, after a restart, the operations of executions that ended or are about to. */
export function resumeExecutionOperations(parts: JobParts): void {
  for (const operation of parts.cloud.operations.pending(kind))
    void settleWithExecution(parts, operation.name, operation.target);
}
