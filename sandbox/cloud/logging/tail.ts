import { setTimeout as sleep } from 'node:timers/promises';
import type { Cloud } from '../core/cloud.ts';
import { RpcError } from '../server/errors.ts';
import type { StreamHandler } from '../server/rpc.ts';
import { entryToMessage } from './entry-proto.ts';
import type { LogStore } from './log-store.ts';
import { checkResourceNames, requestFilter } from './resource-names.ts';

interface TailLogEntriesRequest {
  resourceNames: string[];
  filter: string;
  bufferWindow: { seconds: string; nanos: number } | null;
}

const POLL_MS = 200;
const DEFAULT_BUFFER_MS = 2_000;
const MAX_BUFFER_MS = 60_000;
const MAX_RESPONSE_ENTRIES = 500;

/** Serves LoggingServiceV2.TailLogEntries: entries as they arrive, each window ordered by timestamp. */
export function tailLogEntries(cloud: Cloud, store: LogStore): StreamHandler {
  return async (stream, call) => {
    const requests = stream.requests[Symbol.asyncIterator]() as AsyncIterator<TailLogEntriesRequest, undefined>;
    const first = await requests.next();
    if (first.done === true) return;
    const request = first.value;
    checkResourceNames(request.resourceNames, cloud.project, 'logging.logEntries.list');
    const filter = requestFilter(request.filter);
    const bufferMs = bufferWindow(request);
    let open = true;
    const ended = drain(requests).finally(() => (open = false));
    let since = Date.now();
    while (open && !call.signal.aborted) {
      await Promise.race([sleep(POLL_MS), ended]);
      const until = Date.now() - bufferMs;
      if (until <= since) continue;
      const entries = store.arrived(filter, since, until);
      since = until;
      for (let from = 0; from < entries.length; from += MAX_RESPONSE_ENTRIES) {
        stream.write({
          entries: entries.slice(from, from + MAX_RESPONSE_ENTRIES).map(entryToMessage),
          suppressionInfo: [],
        });
      }
    }
  };
}

/** Returns when the caller has ended its side of the stream, however. */
async function drain(requests: AsyncIterator<unknown, undefined>): Promise<void> {
  try {
    while ((await requests.next()).done !== true);
  } catch {
    // A cancelled call breaks its own request stream.
  }
}

function bufferWindow(request: TailLogEntriesRequest): number {
  if (request.bufferWindow === null) return DEFAULT_BUFFER_MS;
  const windowMs = Number(request.bufferWindow.seconds) * 1_000 + request.bufferWindow.nanos / 1e6;
  if (windowMs >= 0 && windowMs <= MAX_BUFFER_MS) return windowMs;
  throw RpcError.invalid([{ field: 'buffer_window', description: 'must be from 0 to 60 seconds' }]);
}
