import { grpc } from 'google-gax';
import { describe, expect, it } from 'vitest';
import type { protos } from '@google-cloud/run';
import type { CloudProcess } from './cloud.ts';
import type { RunClients } from './run-fixtures.ts';
import {
  addImage,
  createMigrationJob,
  createService,
  latest,
  runClients,
  template,
  updateService,
} from './run-fixtures.ts';
import { withCloud } from './stage.ts';

let cloud: CloudProcess;
let clients: RunClients;
let image: string;
let service: string;
let job: string;

withCloud(
  async (started) => {
    cloud = started;
    clients = runClients(cloud);
    image = await addImage(cloud, 'web', 'v1');
    service = String((await createService(clients, cloud, 'web', { template: template(image) })).name);
    job = await createMigrationJob(clients, cloud, image);
  },
  { tempo: { operationMs: 50 } },
);

/** Starts an update that takes 400 ms, whatever the tempo is for the others. */
async function slowUpdate() {
  await cloud.control('PUT', 'tune', { operationMs: 400 });
  const [operation] = await clients.services.updateService({
    service: { name: service, labels: { at: String(Date.now()) } },
    updateMask: { paths: ['labels'] },
  });
  await cloud.control('PUT', 'tune', { operationMs: 50 });
  return operation;
}

describe('long-running operations', () => {
  it('are pending first, hold the service as metadata, and answer with it', async () => {
    const operation = await slowUpdate();
    expect(operation.name).toMatch(new RegExp(`^${cloud.parent}/operations/[0-9a-f-]{36}$`));
    const [pending] = await clients.services.operationsClient.getOperation({ name: String(operation.name) } as never);
    expect(pending.done).toBeFalsy();
    expect(pending.metadata?.type_url).toBe('type.googleapis.com/google.cloud.run.v2.Service');
    const [updated] = await operation.promise();
    expect(updated.name).toBe(service);
    const progress = await clients.services.checkUpdateServiceProgress(String(operation.name));
    expect(progress.done).toBe(true);
  });

  it('of RunJob name the execution at once, and answer with it when it failed too', async () => {
    const [operation] = await clients.jobs.runJob({
      name: job,
      overrides: { containerOverrides: [{ env: [{ name: 'EXIT_CODE', value: '1' }] }] },
    });
    const started = operation.metadata as unknown as protos.google.cloud.run.v2.Execution;
    const [execution] = await operation.promise();
    expect(execution.name).toBe(started.name);
    expect(execution).toMatchObject({ failedCount: 1 });
  });

  it('wait on the server, at most as long as asked', async () => {
    const operation = await slowUpdate();
    const wait = async (nanos: number): Promise<boolean> => {
      const response = await fetch(`http://127.0.0.1:${cloud.httpPort}/v2/${operation.name}:wait`, {
        method: 'POST',
        body: JSON.stringify({ timeout: `${nanos / 1e9}s` }),
      });
      return Boolean(((await response.json()) as { done?: boolean }).done);
    };
    expect(await wait(50_000_000)).toBe(false);
    expect(await wait(5_000_000_000)).toBe(true);
  });

  it('are listed by pages and deleted; a deleted one is not found', async () => {
    const base = `http://127.0.0.1:${cloud.httpPort}/v2`;
    const listed = (await (await fetch(`${base}/${cloud.parent}/operations?pageSize=1`)).json()) as {
      operations: { name: string }[];
      nextPageToken: string;
    };
    expect(listed.operations).toHaveLength(1);
    expect(listed.nextPageToken).toBeTruthy();
    const name = String(listed.operations[0]?.name);
    expect((await fetch(`${base}/${name}`, { method: 'DELETE' })).status).toBe(200);
    expect((await fetch(`${base}/${name}`)).status).toBe(404);
    await expect(clients.services.operationsClient.getOperation({ name } as never)).rejects.toMatchObject({ code: 5 });
  });

  it('fail with a status when the change cannot be made', async () => {
    const [operation] = await clients.services.updateService({
      service: {
        name: service,
        traffic: [{ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION', revision: 'web-none', percent: 100 }],
      },
      updateMask: { paths: ['traffic'] },
    });
    await expect(operation.promise()).rejects.toThrow(/does not exist or is deleted/);
    await updateService(clients, { name: service, traffic: [latest(100)] }, ['traffic']);
  });
});

describe('the REST form', () => {
  it('reads, patches by mask, and refuses in Google’s error shape', async () => {
    const url = `http://127.0.0.1:${cloud.httpPort}/v2/${service}`;
    expect(await (await fetch(url)).json()).toMatchObject({
      name: service,
      generation: expect.stringMatching(/^\d+$/) as string,
    });
    const patched = await fetch(`${url}?updateMask=labels`, {
      method: 'PATCH',
      body: JSON.stringify({ labels: { via: 'rest' } }),
    });
    expect(await patched.json()).toMatchObject({
      name: expect.stringContaining('/operations/') as string,
      metadata: { '@type': 'type.googleapis.com/google.cloud.run.v2.Service' },
    });
    const refused = await fetch(`${url}?updateMask=traffic`, {
      method: 'PATCH',
      body: JSON.stringify({ traffic: [{ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', percent: 3 }] }),
    });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ error: { code: 400, status: 'INVALID_ARGUMENT' } });
    expect((await fetch(url, { method: 'PATCH', body: 'no json' })).status).toBe(400);
    expect(cloud.calls().findLast((each) => each.effect === 'updated')).toMatchObject({
      method: 'google.cloud.run.v2.Services/UpdateService',
      resource: service,
    });
  });

  it('runs a job with overrides', async () => {
    const response = await fetch(`http://127.0.0.1:${cloud.httpPort}/v2/${job}:run`, {
      method: 'POST',
      body: JSON.stringify({ overrides: { taskCount: 2 } }),
      headers: { 'x-slipway-change': 'c9', 'x-slipway-step': 'migrate' },
    });
    expect(await response.json()).toMatchObject({ metadata: { taskCount: 2 } });
    expect(cloud.calls().at(-1)).toMatchObject({ effect: 'started', markers: { change: 'c9', step: 'migrate' } });
  });
});

it('serves plain gRPC without any of Google’s call options', async () => {
  const client = new grpc.Client(`127.0.0.1:${cloud.grpcPort}`, grpc.credentials.createInsecure());
  const answer = await new Promise<Error | null>((resolve) => {
    client.makeUnaryRequest(
      '/google.cloud.run.v2.WorkerPools/GetWorkerPool',
      () => Buffer.alloc(0),
      (bytes: Buffer) => bytes,
      {},
      (error) => resolve(error),
    );
  });
  expect(answer).toMatchObject({ code: grpc.status.UNIMPLEMENTED });
  client.close();
});
