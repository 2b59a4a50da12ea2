import { RpcError } from '../../server/errors.ts';
import type { Operation } from '../../core/operations.ts';
import type { Call } from '../../server/pipeline.ts';
import type { RpcService } from '../../server/rpc.ts';
import { unary } from '../../server/rpc.ts';
import { resumeExecutionOperations, followExecution } from './execution-operations.ts';
import type { JobParts } from './executor.ts';
import { childPrefix, findResource, listPage, visible } from '../resources/read.ts';
import { runMessage, runProtos } from '../resources/messages.ts';
import { shortName } from '../resources/names.ts';
import type { Execution } from '../resources/resources.ts';
import { checkEtag, dryOperation } from '../resources/run-operations.ts';
import type { ListRequest, NamedRequest } from '../resources/messages.ts';
import { deleteResource } from '../resources/write.ts';
import { visibleExecution } from './visibility.ts';

/** Serves google.cloud.run.v2.Executions. */
export function executionsService(parts: JobParts): RpcService {
  const { cloud, state } = parts;
  const find = (name: string): Execution => findResource(cloud, state.executions, 'EXECUTION', name);
  return {
    protos: runProtos,
    name: 'google.cloud.run.v2.Executions',
    methods: {
      GetExecution: unary((request: NamedRequest) => visibleExecution(parts, find(request.name))),
      ListExecutions: unary((request: ListRequest) => {
        const oldestFirst = visible(cloud, state.executions.list(childPrefix(cloud, request, 'executions')));
        return listPage('executions', oldestFirst.toReversed(), request);
      }),
      CancelExecution: unary((request: NamedRequest, call) =>
        cancelExecution(parts, find(request.name), request, call),
      ),
      DeleteExecution: unary((request: NamedRequest, call) =>
        deleteExecution(parts, find(request.name), request, call),
      ),
    },
  };
}

/** Serves google.cloud.run.v2.Tasks. */
export function tasksService({ cloud, state }: JobParts): RpcService {
  return {
    protos: runProtos,
    name: 'google.cloud.run.v2.Tasks',
    methods: {
      GetTask: unary((request: NamedRequest) => findResource(cloud, state.tasks, 'TASK', request.name)),
      ListTasks: unary((request: ListRequest) => {
        const tasks = state.tasks.list(childPrefix(cloud, request, 'tasks'));
        const inOrder = tasks.toSorted((left, right) => left.index - right.index);
        return listPage('tasks', inOrder, request);
      }),
    },
  };
}

function cancelExecution(parts: JobParts, execution: Execution, request: NamedRequest, call: Call): Operation {
  const { cloud, executor } = parts;
  checkEtag(execution.name, execution.etag, request.etag);
  if (execution.completionTime)
    throw new RpcError('FAILED_PRECONDITION', `Execution '${shortName(execution.name)}' has already completed.`);
  if (request.validateOnly) return dryOperation(cloud, execution.name, runMessage('Execution', execution));
  executor.cancel(execution.name);
  call.effect('cancelled', execution.name);
  return followExecution(parts, execution);
}

function deleteExecution(
  { cloud, executor }: JobParts,
  execution: Execution,
  request: NamedRequest,
  call: Call,
): Operation {
  checkEtag(execution.name, execution.etag, request.etag);
  return deleteResource(cloud, 'Execution', execution, {
    request,
    call,
    remove: () => executor.forget(execution.name),
  });
}

/** Resumes executions after a restart. A task that ran is lost, and retried if it may be. */
export function resumeExecutions(parts: JobParts): void {
  const { state, executor } = parts;
  for (const execution of state.executions.list()) {
    if (execution.completionTime) continue;
    state.executions.put(execution.name, { ...execution, runningCount: 0 });
    executor.start(execution);
  }
  resumeExecutionOperations(parts);
}
