import { createHash } from 'node:crypto';
import { Storage } from '@google-cloud/storage';
import { describe, expect, it } from 'vitest';
import { createBucketObjects } from '../../activities/google/storage.ts';
import { objectPath } from '../../contract/ids.ts';
import type { CloudProcess } from '../emulator/cloud.ts';
import { withCloud } from '../emulator/stage.ts';

let endpoint: { http: string };
let storage: Storage;

withCloud(async (cloud: CloudProcess) => {
  endpoint = { http: `http://127.0.0.1:${cloud.httpPort}` };
  storage = new Storage({ apiEndpoint: endpoint.http, projectId: cloud.project, retryOptions: { autoRetry: false } });
  await storage.createBucket('audit', { location: cloud.region });
});

const text = 'watchers are off – überall';
const hash = createHash('sha256').update(text).digest('hex');

describe('evidence in a bucket of Cloud Storage', () => {
  it('is kept under its hash, below the prefix, and read back as it is', async () => {
    const objects = createBucketObjects('gs://audit/slipway/evidence/', endpoint);
    expect(await objects.keep(text)).toBe(hash);
    expect(await objects.keep(text)).toBe(hash);
    expect(String(await objects.read(hash))).toBe(text);
    const [files] = await storage.bucket('audit').getFiles();
    expect(files.map(({ name }) => name)).toEqual([`slipway/evidence/${objectPath(hash)}`]);
    expect(await objects.read('0'.repeat(64))).toBeNull();
  });

  it('is never overwritten: what somebody else put there stays to be seen', async () => {
    const objects = createBucketObjects('gs://audit/forged', endpoint);
    await storage
      .bucket('audit')
      .file(`forged/${objectPath(hash)}`)
      .save('forged', { resumable: false });
    await objects.keep(text);
    expect(String(await objects.read(hash))).toBe('forged');
  });

  it('says what is wrong with a bucket that is not there, and with a name of another form', async () => {
    const missing = createBucketObjects('gs://nowhere', endpoint).keep(text);
    await expect(missing).rejects.toMatchObject({ type: 'Missing', message: expect.stringContaining('gs://nowhere') });
    expect(() => createBucketObjects('s3://audit')).toThrow('must be gs://<bucket>/<prefix>');
  });

  it('is a failure that may pass where nobody answers', async () => {
    const objects = createBucketObjects('gs://audit', { http: 'http://127.0.0.1:1' });
    await expect(objects.keep(text)).rejects.toMatchObject({ type: 'Unavailable', nonRetryable: false });
  });
});
