import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cloud } from '../core/cloud.ts';
import { RpcError } from '../server/errors.ts';
import type { Collection } from '../store/store.ts';
import { crc32cBase64 } from './crc32c.ts';

export interface BucketRecord {
  name: string;
  location: string;
  storageClass: string;
  timeCreated: string;
  labels?: Record<string, string>;
}

/** Settings that the writer of an object may give. */
export interface ObjectMetadata {
  contentType?: string;
  contentEncoding?: string;
  contentDisposition?: string;
  contentLanguage?: string;
  cacheControl?: string;
  metadata?: Record<string, string>;
}

export interface ObjectRecord extends ObjectMetadata {
  bucket: string;
  name: string;
  generation: string;
  metageneration: string;
  size: string;
  md5Hash: string;
  crc32c: string;
  etag: string;
  timeCreated: string;
  updated: string;
  storageClass: string;
  /** Name of the file that has the content. */
  file: string;
}

export interface ObjectStore {
  buckets: Collection<BucketRecord>;
  bucket(name: string): BucketRecord;
  find(bucket: string, name: string): ObjectRecord | undefined;
  list(bucket: string, prefix: string): ObjectRecord[];
  write(bucket: string, name: string, content: Buffer, metadata: ObjectMetadata): ObjectRecord;
  describe(object: ObjectRecord, metadata: ObjectMetadata): ObjectRecord;
  read(object: ObjectRecord): Promise<Buffer>;
  remove(object: ObjectRecord): void;
}

/** Opens the objects below `<dir>/objects`: each version in a file of its own, only the live one kept. */
export function openObjectStore(cloud: Cloud): ObjectStore {
  const folder = join(cloud.dir, 'objects');
  mkdirSync(folder, { recursive: true });
  const buckets = cloud.store.collection<BucketRecord>('storage.buckets');
  const objects = cloud.store.collection<ObjectRecord>('storage.objects');
  const keyOf = (object: { bucket: string; name: string }): string => `${object.bucket}/${object.name}`;
  return {
    buckets,
    bucket: (name) => {
      const found = buckets.get(name);
      if (found === undefined) throw new RpcError('NOT_FOUND', 'The specified bucket does not exist.');
      return found;
    },
    find: (bucket, name) => objects.get(`${bucket}/${name}`),
    list: (bucket, prefix) => objects.list(`${bucket}/${prefix}`),
    write: (bucket, name, content, metadata) => {
      const previous = objects.get(`${bucket}/${name}`);
      const file = randomUUID();
      writeFileSync(join(folder, `${file}.part`), content);
      renameSync(join(folder, `${file}.part`), join(folder, file));
      const record = newRecord(bucket, name, content, metadata, file, previous);
      objects.put(keyOf(record), record);
      if (previous !== undefined) rmSync(join(folder, previous.file), { force: true });
      return record;
    },
    describe: (object, metadata) => {
      const metageneration = String(Number(object.metageneration) + 1);
      const record = {
        ...object,
        ...metadata,
        metageneration,
        updated: new Date().toISOString(),
        etag: etagOf(object.generation, metageneration),
      };
      objects.put(keyOf(record), record);
      return record;
    },
    read: (object) => readFile(join(folder, object.file)),
    remove: (object) => {
      objects.delete(keyOf(object));
      rmSync(join(folder, object.file), { force: true });
    },
  };
}

function newRecord(
  bucket: string,
  name: string,
  content: Buffer,
  metadata: ObjectMetadata,
  file: string,
  previous: ObjectRecord | undefined,
): ObjectRecord {
  // A generation is a time in microseconds, and always greater than the one before it.
  const now = BigInt(Date.now()) * 1_000n;
  const last = BigInt(previous?.generation ?? '0');
  const generation = String(now > last ? now : last + 1n);
  const time = new Date().toISOString();
  return {
    ...metadata,
    contentType: metadata.contentType ?? 'application/octet-stream',
    bucket,
    name,
    generation,
    metageneration: '1',
    size: String(content.length),
    md5Hash: createHash('md5').update(content).digest('base64'),
    crc32c: crc32cBase64(content),
    etag: etagOf(generation, '1'),
    timeCreated: time,
    updated: time,
    storageClass: 'STANDARD',
    file,
  };
}

function etagOf(generation: string, metageneration: string): string {
  return Buffer.from(`${generation}/${metageneration}`).toString('base64');
}
