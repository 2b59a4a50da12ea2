import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Storage } from '@google-cloud/storage';
import type { Bucket } from '@google-cloud/storage';
import { describe, expect, test } from 'vitest';
import type { CloudProcess } from './cloud.ts';
import { restart, startForTest, withCloud } from './stage.ts';

let cloud: CloudProcess;
let storage: Storage;
let bucket: Bucket;

function storageOf(at: CloudProcess): Storage {
  return new Storage({
    apiEndpoint: `http://127.0.0.1:${at.httpPort}`,
    projectId: at.project,
    retryOptions: { autoRetry: false },
  });
}

withCloud(async (started) => {
  cloud = started;
  storage = storageOf(cloud);
  [bucket] = await storage.createBucket('slipway-sources', { location: cloud.region });
});

describe('upload and download with the client', () => {
  test.each([
    ['in one request', false, 100_000],
    ['resumable', true, 100_000],
    ['resumable and empty', true, 0],
    ['in one request and empty', false, 0],
  ])('%s', async (name, resumable, size) => {
    const content = randomBytes(size);
    const file = bucket.file(`up/${name}.tar.gz`);
    await file.save(content, {
      resumable,
      contentType: 'application/gzip',
      metadata: { metadata: { commit: 'abc' } },
      validation: 'crc32c',
    });
    const [back] = await bucket.file(`up/${name}.tar.gz`).download({ validation: true });
    expect(back.equals(content)).toBe(true);
    const [metadata] = await file.getMetadata();
    expect(metadata).toMatchObject({
      size: String(size),
      contentType: 'application/gzip',
      metageneration: '1',
      metadata: { commit: 'abc' },
    });
  });

  test('resumable in chunks', async () => {
    const content = randomBytes(700_000);
    const file = bucket.file('chunked');
    const stream = file.createWriteStream({
      resumable: true,
      chunkSize: 256 * 1024,
      metadata: { contentLength: content.length },
    });
    stream.end(content);
    await once(stream, 'finish');
    const [back] = await file.download();
    expect(back.equals(content)).toBe(true);
  });

  test('a range of the content', async () => {
    const file = bucket.file('range');
    await file.save('0123456789', { resumable: false });
    expect((await file.download({ start: 2, end: 4 }))[0].toString()).toBe('234');
  });

  test('a broken upload goes on where it stopped', async () => {
    const address = `http://127.0.0.1:${cloud.httpPort}/upload/storage/v1/b/slipway-sources`;
    const base = `${address}/o?uploadType=resumable&name=resumed`;
    const begun = await fetch(base, {
      method: 'POST',
      body: '{"contentType":"text/plain"}',
      headers: { 'content-type': 'application/json' },
    });
    const session = begun.headers.get('location') ?? '';
    const put = (range: string, body: string): Promise<Response> =>
      fetch(session, { method: 'PUT', body, headers: { 'content-range': range } });
    const partial = await put('bytes 0-4/10', '01234');
    expect([partial.status, partial.headers.get('range')]).toEqual([308, 'bytes=0-4']);
    const progress = await put('bytes */10', '');
    expect([progress.status, progress.headers.get('range')]).toEqual([308, 'bytes=0-4']);
    expect((await put('bytes 5-9/10', '56789')).status).toBe(200);
    expect((await bucket.file('resumed').download())[0].toString()).toBe('0123456789');
    expect((await put('bytes */10', '')).status).toBe(404);
  });
});

describe('generations', () => {
  test('a write changes it, and a precondition that does not hold writes nothing', async () => {
    const file = bucket.file('guarded');
    await file.save('one', { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } });
    const [first] = await file.getMetadata();
    await expect(
      bucket.file('guarded').save('two', { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } }),
    ).rejects.toMatchObject({ code: 412 });
    await expect(
      bucket.file('guarded').save('two', { resumable: true, preconditionOpts: { ifGenerationMatch: 0 } }),
    ).rejects.toMatchObject({ code: 412 });
    await bucket
      .file('guarded')
      .save('two', { resumable: false, preconditionOpts: { ifGenerationMatch: first.generation ?? '' } });
    const [second] = await bucket.file('guarded').getMetadata();
    expect(BigInt(second.generation ?? 0)).toBeGreaterThan(BigInt(first.generation ?? 0));
    await expect(bucket.file('guarded', { generation: first.generation ?? '' }).download()).rejects.toMatchObject({
      code: 404,
    });
    await expect(bucket.file('guarded').delete({ ifGenerationMatch: first.generation ?? '' })).rejects.toMatchObject({
      code: 412,
    });
    await bucket.file('guarded').delete({ ifGenerationMatch: second.generation ?? '' });
    expect(await bucket.file('guarded').exists()).toEqual([false]);
  });

  test('the call log says what a write did', () => {
    const effects = cloud
      .calls()
      .filter((call) => call.resource.endsWith('/objects/guarded') && call.method.endsWith('Object'));
    expect(effects.filter((call) => call.effect !== 'none').map((call) => call.effect)).toEqual([
      'created',
      'updated',
      'deleted',
    ]);
    expect(effects.filter((call) => call.code === 'FAILED_PRECONDITION').every((call) => call.effect === 'none')).toBe(
      true,
    );
  });
});

describe('buckets and listings', () => {
  test('objects are listed by prefix, folder and page', async () => {
    for (const name of ['l/a', 'l/b/c', 'l/b/d', 'l/e f/ü', 'l/z'])
      await bucket.file(name).save(name, { resumable: false });
    const all: string[] = [];
    let query: object | null = { prefix: 'l/', maxResults: 2, autoPaginate: false };
    while (query !== null) {
      const [files, next]: [{ name: string }[], object | null, unknown] = (await bucket.getFiles(query)) as never;
      all.push(...files.map((file) => file.name));
      query = next;
    }
    expect(all).toEqual(['l/a', 'l/b/c', 'l/b/d', 'l/e f/ü', 'l/z']);
    const [top, , answer] = await bucket.getFiles({ prefix: 'l/', delimiter: '/', autoPaginate: false });
    expect(top.map((file) => file.name)).toEqual(['l/a', 'l/z']);
    expect((answer as { prefixes: string[] }).prefixes).toEqual(['l/b/', 'l/e f/']);
    expect((await bucket.file('l/e f/ü').download())[0].toString()).toBe('l/e f/ü');
  });

  test.each<[name: string, run: () => Promise<unknown>, code: number]>([
    ['an unknown object', () => bucket.file('none').download(), 404],
    ['an unknown bucket', () => storage.bucket('none-here').getMetadata(), 404],
    [
      'an upload to an unknown bucket',
      () => storage.bucket('none-here').file('x').save('x', { resumable: false }),
      404,
    ],
    ['a bucket that is there', () => storage.createBucket('slipway-sources'), 409],
    ['a bucket with a bad name', () => storage.createBucket('Not Allowed'), 400],
    ['a bucket that is not empty', () => bucket.delete(), 409],
    ['a wrong checksum', () => upload({ md5Hash: 'AAAAAAAAAAAAAAAAAAAAAA==' }, '\r\n'), 400],
  ])('%s is refused', async (_name, run, code) => {
    await expect(run()).rejects.toMatchObject({ code });
  });
});

async function upload(metadata: object, end: string): Promise<void> {
  const lines = [
    '--b',
    'content-type: application/json',
    '',
    JSON.stringify({ name: 'multipart', ...metadata }),
    '--b',
    'content-type: text/plain',
    '',
    'hello',
    '--b--',
    '',
  ];
  const response = await fetch(
    `http://127.0.0.1:${cloud.httpPort}/upload/storage/v1/b/slipway-sources/o?uploadType=multipart`,
    {
      method: 'POST',
      body: lines.join(end),
      headers: { 'content-type': 'multipart/related; boundary="b"' },
    },
  );
  if (!response.ok) throw Object.assign(new Error('refused'), { code: response.status });
}

test.each([['\r\n'], ['\n']])('a multipart upload may end its lines with %j', async (end) => {
  await upload({}, end);
  expect((await bucket.file('multipart').download())[0].toString()).toBe('hello');
});

test('objects survive a killed emulator', async () => {
  const one = await startForTest();
  const [own] = await storageOf(one).createBucket('kept-bucket');
  await own.file('kept').save('still here');
  const two = await restart(one);
  expect((await storageOf(two).bucket('kept-bucket').file('kept').download())[0].toString()).toBe('still here');
});
