import { SecretManagerServiceClient } from '@google-cloud/secret-manager';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createGoogleClients, type GoogleClients } from '../../activities/google/clients.ts';
import { createSecretManager } from '../../activities/google/secrets.ts';
import type { Secrets } from '../../activities/ports/platform.ts';
import type { CloudRunEntry } from '../../contract/catalog/targets/cloud-run.ts';
import { workerAccount } from '../../sandbox/worker-account.ts';
import { startCloud, type CloudProcess } from '../emulator/cloud.ts';
import { temporaryFolders } from '../emulator/folders.ts';

const folders = temporaryFolders();
const values = ['first value', 'second value with "quotes"'];
let cloud: CloudProcess;
let clients: GoogleClients;
let secrets: Omit<Secrets<CloudRunEntry>, 'identityToken'>;
let entry: CloudRunEntry;

beforeAll(async () => {
  cloud = await startCloud({ dir: folders.create('secrets') });
  clients = await createGoogleClients({
    grpc: `127.0.0.1:${cloud.grpcPort}`,
    token: workerAccount,
    callTimeoutMs: 1_000,
  });
  secrets = createSecretManager(clients);
  entry = { kind: 'cloudRun', project: cloud.project, region: cloud.region, service: 'app' };
  const person = new SecretManagerServiceClient(cloud.clientOptions());
  const [{ name: parent }] = await person.createSecret({
    parent: `projects/${cloud.project}`,
    secretId: 'api-key',
    secret: { replication: { automatic: {} } },
  });
  for (const value of values) await person.addSecretVersion({ parent, payload: { data: Buffer.from(value) } });
  await person.disableSecretVersion({ name: `${parent ?? ''}/versions/1` });
  await person.close();
});
afterAll(async () => {
  await clients.close();
  await cloud.stop();
});

it('a secret is read by its version, the newest by latest', async () => {
  expect(await secrets.read(entry, 'api-key', 'latest')).toBe(values[1]);
  expect(await secrets.read(entry, 'api-key', '2')).toBe(values[1]);
});

it('a secret that cannot be read is a final answer that names it and never shows a value', async () => {
  await expect(secrets.read(entry, 'no-such-key', 'latest')).rejects.toMatchObject({
    type: 'Missing',
    nonRetryable: true,
    message: expect.stringContaining('read secret no-such-key'),
  });
  const disabled = await secrets.read(entry, 'api-key', '1').catch((error: unknown) => error);
  expect(disabled).toMatchObject({ nonRetryable: true, type: 'BadRequest' });
  expect(String(disabled)).not.toContain(values[0]);
});

it('a store that does not answer just now is asked again', async () => {
  await cloud.control('POST', 'faults', {
    method: 'google.cloud.secretmanager.v1.SecretManagerService/AccessSecretVersion',
    nth: 1,
    kind: 'error',
    code: 'UNAVAILABLE',
  });
  await expect(secrets.read(entry, 'api-key', 'latest')).rejects.toMatchObject({
    type: 'Unavailable',
    nonRetryable: false,
  });
  expect(await secrets.read(entry, 'api-key', 'latest')).toBe(values[1]);
});

it('tells the state of a version without its value', async () => {
  expect(await secrets.stateOf(entry, 'api-key', '1')).toBe('disabled');
  expect(await secrets.stateOf(entry, 'api-key', 'latest')).toBe('enabled');
  expect(await secrets.stateOf(entry, 'other', 'latest')).toBe('missing');
});
