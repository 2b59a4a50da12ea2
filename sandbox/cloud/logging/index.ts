import type { Cloud, LoggingPart } from '../core/cloud.ts';
import { RpcError } from '../server/errors.ts';
import { paginate } from '../server/pages.ts';
import { unary } from '../server/rpc.ts';
import type { UnaryHandler } from '../server/rpc.ts';
import { platformEntry } from './entry.ts';
import { loggingProtos } from './entry-proto.ts';
import { listLogEntries } from './list.ts';
import { openLogStore } from './log-store.ts';
import type { LogStore } from './log-store.ts';
import { checkProject, checkResourceNames } from './resource-names.ts';
import { tailLogEntries } from './tail.ts';
import { writeLogEntries } from './write.ts';

/** Creates Cloud Logging v2, and the sink for the platform's own parts. */
export function createLogging(cloud: Cloud): LoggingPart {
  const store = openLogStore(cloud.store, { delayMs: () => cloud.tempo.logDelayMs });
  // Processes that end with the emulator may still say something when its store is about to close.
  let isOpen = true;
  return {
    logs: {
      write: (input) => {
        if (isOpen) store.append(platformEntry(cloud.project, input), Date.now(), cloud.tempo.logDelayMs);
      },
    },
    stop: () => {
      isOpen = false;
    },
    rpc: [
      {
        protos: loggingProtos,
        name: 'google.logging.v2.LoggingServiceV2',
        methods: {
          WriteLogEntries: writeLogEntries(cloud, store),
          ListLogEntries: listLogEntries(cloud, store),
          ListLogs: listLogs(cloud, store),
          DeleteLog: deleteLog(cloud, store),
        },
        streams: { TailLogEntries: tailLogEntries(cloud, store) },
      },
    ],
  };
}

interface ListLogsRequest {
  parent: string;
  resourceNames: string[];
  pageSize: number;
  pageToken: string;
}

function listLogs(cloud: Cloud, store: LogStore): UnaryHandler {
  return unary((request: ListLogsRequest) => {
    const names = request.resourceNames.length > 0 ? request.resourceNames : [request.parent];
    checkResourceNames(names, cloud.project, 'logging.logs.list');
    const page = paginate(store.logNames(), request);
    return { logNames: page.items, nextPageToken: page.nextPageToken };
  });
}

function deleteLog(cloud: Cloud, store: LogStore): UnaryHandler {
  return unary((request: { logName: string }, call) => {
    const match = /^projects\/([^/]+)\/logs\/(.+)$/.exec(request.logName);
    if (match === null)
      throw RpcError.invalid([{ field: 'log_name', description: 'must be projects/PROJECT_ID/logs/LOG_ID' }]);
    checkProject(match[1] ?? '', cloud.project, 'logging.logs.delete');
    // Over REST the id arrives decoded once.
    const logName = `projects/${cloud.project}/logs/${encodeURIComponent(decodeURIComponent(match[2] ?? ''))}`;
    if (store.deleteLog(logName) === 0) throw new RpcError('NOT_FOUND', `Log ${logName} does not exist`);
    call.effect('deleted', logName);
    return {};
  });
}
