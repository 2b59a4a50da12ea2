import { RpcError } from '../server/errors.ts';
import type { HttpRequest } from '../server/http.ts';
import type { ObjectRecord, ObjectStore } from './object-store.ts';
import type { Answer } from './respond.ts';

/** Tells whether a request asks for the content. Platform: `alt=media`, otherwise for the metadata. */
export function isDownload(request: HttpRequest): boolean {
  return request.url.searchParams.get('alt') === 'media' || request.url.pathname.startsWith('/download/');
}

/** Sends the content of an object, or the requested range of it. */
export async function download(objects: ObjectStore, object: ObjectRecord, request: HttpRequest): Promise<Answer> {
  const content = await objects.read(object);
  const headers = headersOf(object);
  const range = request.message.headers.range;
  if (range === undefined) return { headers, bytes: content };
  const { start, end } = readRange(range, content.length);
  return {
    status: 206,
    headers: { ...headers, 'content-range': `bytes ${start}-${end}/${content.length}` },
    bytes: content.subarray(start, end + 1),
  };
}

function headersOf(object: ObjectRecord): Record<string, string | number> {
  return {
    'content-type': object.contentType ?? 'application/octet-stream',
    ...(object.contentEncoding !== undefined && { 'content-encoding': object.contentEncoding }),
    ...(object.contentDisposition !== undefined && { 'content-disposition': object.contentDisposition }),
    ...(object.cacheControl !== undefined && { 'cache-control': object.cacheControl }),
    etag: object.etag,
    'accept-ranges': 'bytes',
    'x-goog-generation': object.generation,
    'x-goog-metageneration': object.metageneration,
    'x-goog-hash': `crc32c=${object.crc32c},md5=${object.md5Hash}`,
    'x-goog-stored-content-encoding': object.contentEncoding ?? 'identity',
    'x-goog-stored-content-length': object.size,
    'x-goog-storage-class': object.storageClass,
  };
}

function readRange(range: string, size: number): { start: number; end: number } {
  const match = /^bytes=(\d*)-(\d*)$/.exec(range.trim());
  const [, from = '', to = ''] = match ?? [];
  if (match === null || (from === '' && to === '')) return { start: 0, end: size - 1 };
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (start >= size || start > end) throw new RpcError('OUT_OF_RANGE', 'The requested range cannot be satisfied.');
  return { start, end };
}
