import { RpcError } from './errors.ts';

export interface PageRequest {
  pageSize?: number;
  pageToken?: string;
}

export interface Page<T> {
  items: T[];
  nextPageToken: string;
}

const defaultPageSize = 100;
const maxPageSize = 1000;

/** Cuts a page from a stable list. The token is opaque to callers; an unknown one is INVALID_ARGUMENT. */
export function paginate<T>(all: T[], request: PageRequest): Page<T> {
  if ((request.pageSize ?? 0) < 0)
    throw RpcError.invalid([{ field: 'page_size', description: 'must not be negative' }]);
  const size = Math.min(request.pageSize || defaultPageSize, maxPageSize);
  const begin = request.pageToken ? readToken(request.pageToken) : 0;
  const end = begin + size;
  return { items: all.slice(begin, end), nextPageToken: end < all.length ? writeToken(end) : '' };
}

function writeToken(offset: number): string {
  return Buffer.from(`offset:${offset}`).toString('base64url');
}

function readToken(token: string): number {
  const match = /^offset:(\d+)$/.exec(Buffer.from(token, 'base64url').toString());
  if (!match) throw RpcError.invalid([{ field: 'page_token', description: 'is not a token of this list' }]);
  return Number(match[1]);
}
