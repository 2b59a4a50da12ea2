import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Cloud } from '../core/cloud.ts';
import { RpcError } from '../server/errors.ts';
import { unary } from '../server/rpc.ts';
import type { UnaryHandler } from '../server/rpc.ts';
import { entryToMessage } from './entry-proto.ts';
import type { LogStore, Position } from './log-store.ts';
import { checkResourceNames, requestFilter } from './resource-names.ts';

interface ListLogEntriesRequest {
  resourceNames: string[];
  filter: string;
  orderBy: string;
  pageSize: number;
  pageToken: string;
}

const DEFAULT_PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 1_000;

/** Serves LoggingServiceV2.ListLogEntries. */
export function listLogEntries(cloud: Cloud, store: LogStore): UnaryHandler {
  return unary(async (request: ListLogEntriesRequest) => {
    checkResourceNames(request.resourceNames, cloud.project, 'logging.logEntries.list');
    const filter = requestFilter(request.filter);
    const descending = isDescending(request.orderBy);
    const query = fingerprint(request);
    const { entries, position } = await store.list({
      filter,
      descending,
      limit: checkPageSize(request.pageSize),
      after: request.pageToken === '' ? undefined : readToken(request.pageToken, query),
    });
    return {
      entries: entries.map(entryToMessage),
      ...(position !== undefined && { nextPageToken: writeToken(position, query) }),
    };
  });
}

function checkPageSize(pageSize: number): number {
  if (pageSize < 0 || pageSize > MAX_PAGE_SIZE) {
    throw RpcError.invalid([
      { field: 'page_size', description: `must be from 0 to ${MAX_PAGE_SIZE}, not ${pageSize}` },
    ]);
  }
  return pageSize === 0 ? DEFAULT_PAGE_SIZE : pageSize;
}

function isDescending(orderBy: string): boolean {
  const order = orderBy.trim().replace(/\s+/g, ' ');
  if (order === '' || order === 'timestamp' || order === 'timestamp asc') return false;
  if (order === 'timestamp desc') return true;
  throw RpcError.invalid([
    { field: 'order_by', description: `must be 'timestamp asc' or 'timestamp desc', not '${orderBy}'` },
  ]);
}

/** Identifies a request for its page token. Platform: a request with a token must have the parameters of the first. */
function fingerprint(request: ListLogEntriesRequest): string {
  const parts = [request.resourceNames.toSorted(), request.filter, isDescending(request.orderBy)];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22);
}

const tokenSchema = z.strictObject({
  query: z.string(),
  timestamp: z.string().regex(/^-?\d{1,19}$/),
  insertId: z.string(),
  sequence: z.number().int(),
});

function writeToken(position: Position, query: string): string {
  return Buffer.from(JSON.stringify({ ...position, query, timestamp: String(position.timestamp) })).toString(
    'base64url',
  );
}

function readToken(token: string, query: string): Position {
  const refuse = (description: string): never => {
    throw RpcError.invalid([{ field: 'page_token', description }]);
  };
  try {
    const parsed = tokenSchema.parse(JSON.parse(Buffer.from(token, 'base64url').toString()));
    if (parsed.query === query) return { ...parsed, timestamp: BigInt(parsed.timestamp) };
  } catch {
    return refuse('is not a token of this list');
  }
  return refuse('belongs to a request with another filter, order or resource');
}
