import { createHash, randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Cloud } from '../core/cloud.ts';
import { RpcError } from '../server/errors.ts';
import type { HttpRequest } from '../server/http.ts';
import type { Call } from '../server/pipeline.ts';
import { crc32cBase64 } from './crc32c.ts';
import { readMultipart } from './multipart.ts';
import type { ObjectRecord, ObjectStore } from './object-store.ts';
import { checkPreconditions } from './preconditions.ts';
import { presentObject } from './present.ts';
import type { Answer } from './respond.ts';

/** Unknown members are dropped: the platform ignores the output-only ones that clients send back. */
export const metadataSchema = z.object({
  name: z.string().optional(),
  contentType: z.string().optional(),
  contentEncoding: z.string().optional(),
  contentDisposition: z.string().optional(),
  contentLanguage: z.string().optional(),
  cacheControl: z.string().optional(),
  metadata: z.record(z.string(), z.string()).optional(),
  md5Hash: z.string().optional(),
  crc32c: z.string().optional(),
});
export type UploadMetadata = z.infer<typeof metadataSchema>;

/** A resumable upload that has begun; its bytes so far are in a file, so that it survives a restart. */
interface Session {
  bucket: string;
  metadata: UploadMetadata;
  /** The preconditions of the request that began it. */
  query: string;
}

/** Creates the three ways to upload an object: `uploadType` media, multipart and resumable. */
export function createUploads(cloud: Cloud, objects: ObjectStore) {
  const folder = join(cloud.dir, 'uploads');
  mkdirSync(folder, { recursive: true });
  const sessions = cloud.store.collection<Session>('storage.uploads');

  const store = (
    bucket: string,
    metadata: UploadMetadata,
    content: Buffer,
    query: URLSearchParams,
    call: Call,
  ): ObjectRecord => {
    const name = query.get('name') ?? metadata.name ?? '';
    if (name === '' || Buffer.byteLength(name) > 1_024)
      throw new RpcError('INVALID_ARGUMENT', 'Required parameter: name');
    objects.bucket(bucket);
    const previous = objects.find(bucket, name);
    checkPreconditions(query, previous);
    // Platform: Cloud Storage, IAM permissions for JSON methods: who overwrites an object needs to delete it.
    const resource = `projects/_/buckets/${bucket}/objects/${name}`;
    if (previous !== undefined) cloud.permissions.require(call.caller, 'storage.objects.delete', resource);
    const { md5Hash, crc32c, name: _name, ...described } = metadata;
    checkHashes(content, { md5Hash, crc32c });
    const record = objects.write(bucket, name, content, described);
    call.effect(previous === undefined ? 'created' : 'updated', resource);
    return record;
  };

  const begin = async (request: HttpRequest, bucket: string): Promise<Answer> => {
    const metadata = readMetadata(await request.body());
    const contentType = header(request, 'x-upload-content-type') ?? metadata.contentType;
    const id = randomUUID();
    const query = request.url.searchParams;
    objects.bucket(bucket);
    sessions.put(id, {
      bucket,
      metadata: { ...metadata, ...(contentType !== undefined && { contentType }) },
      query: query.toString(),
    });
    writeFileSync(join(folder, id), '');
    const location = new URL(
      `${request.url.pathname}?uploadType=resumable&upload_id=${id}`,
      `http://${request.message.headers.host ?? `127.0.0.1:${cloud.httpPort}`}`,
    );
    return { headers: { location: location.href, 'x-guploader-uploadid': id }, bytes: Buffer.alloc(0) };
  };

  return {
    upload: async (request: HttpRequest, call: Call): Promise<Answer> => {
      const bucket = decodeURIComponent(request.params['bucket'] ?? '');
      const query = request.url.searchParams;
      const contentType = header(request, 'content-type') ?? '';
      switch (query.get('uploadType')) {
        case 'resumable':
          return await begin(request, bucket);
        case 'multipart': {
          const [described, media] = readMultipart(contentType, await request.body());
          if (described === undefined || media === undefined)
            throw new RpcError('INVALID_ARGUMENT', 'Multipart content must have exactly two parts.');
          const metadata = readMetadata(described.content);
          const type = metadata.contentType ?? media.headers['content-type'];
          return {
            json: presentObject(
              cloud,
              store(
                bucket,
                { ...metadata, ...(type !== undefined && { contentType: type }) },
                media.content,
                query,
                call,
              ),
            ),
          };
        }
        case 'media':
          return {
            json: presentObject(
              cloud,
              store(bucket, { ...(contentType !== '' && { contentType }) }, await request.body(), query, call),
            ),
          };
        default:
          throw new RpcError('INVALID_ARGUMENT', `Unknown uploadType '${query.get('uploadType') ?? ''}'.`);
      }
    },

    resume: async (request: HttpRequest, call: Call): Promise<Answer> => {
      const id = request.url.searchParams.get('upload_id') ?? '';
      const session = sessions.get(id);
      const file = join(folder, id);
      if (session === undefined || !existsSync(file))
        throw new RpcError('NOT_FOUND', 'The upload session does not exist.');
      const body = await request.body();
      const have = statSync(file).size;
      const range = readRange(header(request, 'content-range'), have, body.length);
      if (range.start > have) return incomplete(have);
      if (body.length > 0) appendFileSync(file, body.subarray(have - range.start));
      const received = statSync(file).size;
      if (!range.isLast || (range.total !== undefined && received < range.total)) return incomplete(received);
      const record = store(
        session.bucket,
        session.metadata,
        readFileSync(file),
        new URLSearchParams(session.query),
        call,
      );
      sessions.delete(id);
      rmSync(file, { force: true });
      return { json: presentObject(cloud, record) };
    },
  };
}

function header(request: HttpRequest, name: string): string | undefined {
  return [request.message.headers[name]].flat()[0];
}

function readMetadata(body: Buffer): UploadMetadata {
  try {
    return metadataSchema.parse(body.length === 0 ? {} : JSON.parse(body.toString()));
  } catch (error) {
    throw new RpcError('INVALID_ARGUMENT', `Invalid object metadata: ${(error as Error).message}`);
  }
}

/**
 * Reads a content range: `bytes 0-99/200`, `bytes 0-*` + `/*` (all that is left), or `bytes *` + `/200` (a question
 * about the progress).
 */
function readRange(
  value: string | undefined,
  have: number,
  length: number,
): { start: number; total: number | undefined; isLast: boolean } {
  if (value === undefined) return { start: 0, total: length, isLast: true };
  const match = /^bytes\s+(?:(?<start>\d+)-(?<end>\d+|\*)|\*)\/(?<total>\d+|\*)$/.exec(value.trim());
  if (match?.groups === undefined)
    throw new RpcError('INVALID_ARGUMENT', `Failed to parse Content-Range header '${value}'.`);
  const { start, end, total } = match.groups;
  const size = total === '*' ? undefined : Number(total);
  // Without a range of its own the request asks for the state, or ends an upload whose bytes are all there.
  if (start === undefined) return { start: have, total: size, isLast: size !== undefined };
  const isLast = end === '*' || (size !== undefined && Number(end) + 1 >= size);
  return { start: Number(start), total: size, isLast };
}

function incomplete(received: number): Answer {
  return { status: 308, headers: received > 0 ? { range: `bytes=0-${received - 1}` } : {}, bytes: Buffer.alloc(0) };
}

function checkHashes(content: Buffer, given: { md5Hash: string | undefined; crc32c: string | undefined }): void {
  const md5 = createHash('md5').update(content).digest('base64');
  if (given.md5Hash !== undefined && given.md5Hash !== md5)
    throw new RpcError(
      'INVALID_ARGUMENT',
      `Provided MD5 hash "${given.md5Hash}" doesn't match calculated MD5 hash "${md5}".`,
    );
  const crc = crc32cBase64(content);
  if (given.crc32c !== undefined && given.crc32c !== crc)
    throw new RpcError(
      'INVALID_ARGUMENT',
      `Provided CRC32C "${given.crc32c}" doesn't match calculated CRC32C "${crc}".`,
    );
}
