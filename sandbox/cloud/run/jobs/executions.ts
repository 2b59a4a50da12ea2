import { RpcError } from '../../core/errors.ts';
import type { Operation } from '../../core/operations.ts';
import { paginate } from '../../core/pages.ts';
import type { Call } from '../../core/pipeline.ts';
import type { RpcService } from '../../core/rpc.ts';
import { unary } from '../../core/rpc.ts';
import { resumeExecutionOperations, followExecution } from './execution-operations.ts';
import type { JobParts } from './jobs.ts';
import { visible } from '../resources/listing.ts';
import { runMessage, runProtos } from '../resources/messages.ts';
import { now } from '../resources/metadata.ts';
import { checkParent, notFound, shortName } from '../resources/names.ts';
import type { Execution, Task } from '../resources/resources.ts';
import { checkEtag, concludingOperation, dryOperation } from '../resources/run-operations.ts';
import type { ListRequest, NamedRequest } from '../resources/requests.ts';

/** google.cloud.run.v2.Executions */
export function executionsService(parts: JobParts): RpcService {
  const { cloud, state } = parts;
  return {
    protos: runProtos,
    name: 'google.cloud.run.v2.Executions',
    methods: {
      GetExecution: unary((request: { name: string }) => findExecution(parts, request.name)),
      ListExecutions: unary((request: ListRequest) => {
        const newestFirst = visible(
          cloud,
          state.executions.list(prefixOf(checkParent(cloud, request.parent), 'executions')),
        ).toReversed();
        const page = paginate(newestFirst, request);
        return { executions: page.items, nextPageToken: page.nextPageToken };
      }),
      CancelExecution: unary((request: NamedRequest, call) => cancelExecution(parts, request, call)),
      DeleteExecution: unary((request: NamedRequest, call) => deleteExecution(parts, request, call)),
    },
  };
}

/** google.cloud.run.v2.Tasks */
export function tasksService(parts: JobParts): RpcService {
  const { cloud, state } = parts;
  return {
    protos: runProtos,
    name: 'google.cloud.run.v2.Tasks',
    methods: {
      GetTask: unary((request: { name: string }): Task => {
        const task = state.tasks.get(request.name);
        if (!task) throw notFound(cloud, 'TASK', request.name);
        return task;
      }),
      ListTasks: unary((request: ListRequest) => {
        const parent = checkParent(cloud, request.parent);
        const tasks = state.tasks.list(prefixOf(parent, 'tasks')).toSorted((left, right) => left.index - right.index);
        const page = paginate(tasks, request);
        return { tasks: page.items, nextPageToken: page.nextPageToken };
      }),
    },
  };
}

/** `-` as the last part of a parent stands for all. */
function prefixOf(parent: string, kind: string): string {
  return parent.endsWith('/-') ? parent.slice(0, -1) : `${parent}/${kind}/`;
}

function findExecution({ cloud, state }: JobParts, name: string): Execution {
  const execution = state.executions.get(name);
  if (!execution) throw notFound(cloud, 'EXECUTION', name);
  return execution;
}

function cancelExecution(parts: JobParts, request: NamedRequest, call: Call): Operation {
  const { cloud, executor } = parts;
  const execution = findExecution(parts, request.name);
  checkEtag(execution.name, execution.etag, request.etag);
  if (execution.completionTime)
    throw new RpcError('FAILED_PRECONDITION', `Execution '${shortName(execution.name)}' has already completed.`);
  if (request.validateOnly) return dryOperation(cloud, execution.name, runMessage('Execution', execution));
  executor.cancel(execution.name);
  call.effect('cancelled', execution.name);
  return followExecution(parts, execution);
}

function deleteExecution(parts: JobParts, request: NamedRequest, call: Call): Operation {
  const { cloud, executor } = parts;
  const execution = findExecution(parts, request.name);
  checkEtag(execution.name, execution.etag, request.etag);
  const deleted = { ...execution, deleteTime: now() };
  if (request.validateOnly) return dryOperation(cloud, execution.name, runMessage('Execution', deleted));
  executor.forget(execution.name);
  call.effect('deleted', execution.name);
  return concludingOperation(cloud, execution.name, runMessage('Execution', deleted));
}

/** After a restart: goes on with executions that had not ended; a task that ran is lost and retried where it may be. */
export function resumeExecutions(parts: JobParts): void {
  const { state, executor } = parts;
  for (const execution of state.executions.list()) {
    if (execution.completionTime) continue;
    state.executions.put(execution.name, { ...execution, runningCount: 0 });
    executor.start(execution);
  }
  resumeExecutionOperations(parts);
}
