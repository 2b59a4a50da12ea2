import type { Operations } from './operations.ts';
import { paginate } from '../server/pages.ts';
import { loadProtos } from '../server/protos.ts';
import type { RpcService } from '../server/rpc.ts';
import { unary } from '../server/rpc.ts';

interface OperationRequest {
  name: string;
  pageSize: number;
  pageToken: string;
  timeout: { seconds: string; nanos: number } | null;
}

const maxWaitMs = 30_000;

/** Serves google.longrunning.Operations over every part's operations. */
export function operationsService(operations: Operations): RpcService {
  const location = '/v2/{name=projects/*/locations/*/operations/*}';
  return {
    protos: loadProtos('@google-cloud/run'),
    name: 'google.longrunning.Operations',
    methods: {
      GetOperation: unary((request: OperationRequest) => operations.get(request.name)),
      ListOperations: unary((request: OperationRequest) => {
        const page = paginate(operations.list(request.name), request);
        return { operations: page.items, nextPageToken: page.nextPageToken };
      }),
      WaitOperation: unary((request: OperationRequest, call) =>
        operations.wait(request.name, timeoutOf(request), call.signal),
      ),
      CancelOperation: unary((request: OperationRequest) => {
        operations.cancel(request.name);
        return {};
      }),
      DeleteOperation: unary((request: OperationRequest) => {
        operations.delete(request.name);
        return {};
      }),
    },
    http: {
      GetOperation: [{ get: location }, { get: '/v1/{name=projects/*/locations/*/operations/*}' }],
      ListOperations: [{ get: '/v2/{name=projects/*/locations/*}/operations' }],
      WaitOperation: [{ post: `${location}:wait`, body: '*' }],
      DeleteOperation: [{ delete: location }],
    },
  };
}

function timeoutOf(request: OperationRequest): number {
  if (!request.timeout) return maxWaitMs;
  const requestedMs = Number(request.timeout.seconds) * 1000 + request.timeout.nanos / 1e6;
  return Math.min(requestedMs, maxWaitMs);
}
