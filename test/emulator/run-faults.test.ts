import { afterEach, describe, expect, it } from 'vitest';
import type { CloudProcess } from './cloud.ts';
import type { RunClients } from './run-fixtures.ts';
import { addImage, createMigrationJob, createService, runClients, template } from './run-fixtures.ts';
import { withCloud } from './stage.ts';

let cloud: CloudProcess;
let clients: RunClients;
let service: string;
let job: string;
const updateMethod = 'google.cloud.run.v2.Services/UpdateService';

withCloud(async (started) => {
  cloud = started;
  clients = runClients(cloud);
  const image = await addImage(cloud, 'web', 'v1');
  service = String((await createService(clients, cloud, 'web', { template: template(image) })).name);
  job = await createMigrationJob(clients, cloud, image);
});
afterEach(async () => void (await cloud.control('DELETE', 'faults')));

const addFault = async (fault: object): Promise<unknown> => await cloud.control('POST', 'faults', fault);
const label = async (value: string, timeout = 10_000) =>
  await clients.services.updateService(
    { service: { name: service, labels: { value } }, updateMask: { paths: ['labels'] } },
    {
      timeout,
      retry: null,
    } as never,
  );
const present = async (): Promise<string | undefined> =>
  (await clients.services.getService({ name: service }))[0].labels?.['value'];
const lastCall = (method: string) => cloud.calls().findLast((each) => each.method === method);

describe('fault scripts', () => {
  it('error: the code, and the handler never runs', async () => {
    await label('before');
    await addFault({ method: `/${updateMethod}`, nth: 2, kind: 'error', code: 'RESOURCE_EXHAUSTED', ms: 1500 });
    await label('first');
    await expect(label('second')).rejects.toMatchObject({ code: 8 });
    expect(lastCall(updateMethod)).toMatchObject({ code: 'RESOURCE_EXHAUSTED', effect: 'none', fault: 'error' });
    expect(await present()).toBe('first');
    await label('third');
    expect(await present()).toBe('third');
  });

  it('lost: applied, never answered, and the log says what it did', async () => {
    await addFault({ method: updateMethod, kind: 'lost' });
    await expect(label('lost', 300)).rejects.toMatchObject({ code: 4 });
    expect(await present()).toBe('lost');
    expect(lastCall(updateMethod)).toMatchObject({ code: 'OK', effect: 'updated', fault: 'lost' });
  });

  it('delay: applies late, also when the caller has given up', async () => {
    await label('early');
    await addFault({ method: updateMethod, kind: 'delay', ms: 500 });
    await expect(label('late', 150)).rejects.toMatchObject({ code: 4 });
    expect(await present()).toBe('early');
    await expect.poll(present).toBe('late');
  });

  it('delay: a late write with an etag that went stale meanwhile has no effect', async () => {
    const [{ etag }] = await clients.services.getService({ name: service });
    await addFault({ method: updateMethod, kind: 'delay', ms: 300 });
    const late = clients.services.updateService(
      { service: { name: service, labels: { value: 'stale' }, etag }, updateMask: { paths: ['labels'] } },
      { timeout: 10_000, retry: null } as never,
    );
    await expect
      .poll(async () => ((await cloud.control('GET', 'faults')) as { faults: { fired: boolean }[] }).faults[0]?.fired)
      .toBe(true);
    await label('newer');
    await expect(late).rejects.toMatchObject({ code: 10 });
    expect(await present()).toBe('newer');
    expect(lastCall(updateMethod)).toMatchObject({ code: 'ABORTED', effect: 'none', fault: 'delay' });
  });

  it('hang: neither runs nor answers', async () => {
    await label('calm');
    await addFault({ method: updateMethod, kind: 'hang' });
    await expect(label('hung', 200)).rejects.toMatchObject({ code: 4 });
    expect(await present()).toBe('calm');
    await expect.poll(() => lastCall(updateMethod)).toMatchObject({ effect: 'none', fault: 'hang' });
  });

  it('lost on RunJob: one execution, found through the job', async () => {
    await addFault({ method: 'google.cloud.run.v2.Jobs/RunJob', kind: 'lost' });
    await expect(clients.jobs.runJob({ name: job }, { timeout: 300, retry: null } as never)).rejects.toMatchObject({
      code: 4,
    });
    expect((await clients.jobs.getJob({ name: job }))[0]).toMatchObject({ executionCount: 1 });
    expect((await clients.executions.listExecutions({ parent: job }))[0]).toHaveLength(1);
  });

  it('refuses a script that it does not understand', async () => {
    await expect(addFault({ method: updateMethod, kind: 'sometimes' })).rejects.toThrow(/kind/);
    await expect(addFault({ method: updateMethod, kind: 'error', code: 'NOPE' })).rejects.toThrow(/status code/);
    await expect(cloud.control('PUT', 'tune', { operationMs: -1 })).rejects.toThrow(/operationMs/);
  });
});

describe('markers in the call log', () => {
  it('come from metadata, from annotations, from overrides', async () => {
    await clients.services.updateService(
      {
        service: {
          name: service,
          annotations: { 'slipway.dev/change': 'from-annotation', 'slipway.dev/fence': '3.7' },
        },
        updateMask: { paths: ['annotations'] },
      },
      { otherArgs: { headers: { 'x-slipway-change': 'from-metadata', 'x-slipway-step': 'stage' } } },
    );
    expect(lastCall(updateMethod)).toMatchObject({ markers: { change: 'from-metadata', step: 'stage', fence: '3.7' } });
    await clients.jobs.runJob({
      name: job,
      overrides: { containerOverrides: [{ env: [{ name: 'SLIPWAY_ATTEMPT', value: '2' }] }] },
    });
    expect(lastCall('google.cloud.run.v2.Jobs/RunJob')).toMatchObject({
      markers: { attempt: '2' },
      effect: 'started',
      resource: expect.stringMatching(/\/jobs\/job\/executions\/job-[a-z0-9]{5}$/) as string,
    });
  });

  it('number the calls without a gap, and know what a dry run did', async () => {
    await clients.services.updateService({
      service: { name: service, labels: {} },
      updateMask: { paths: ['labels'] },
      validateOnly: true,
    });
    expect(cloud.calls().at(-1)).toMatchObject({ effect: 'none', code: 'OK' });
    expect(cloud.calls().map((each) => each.seq)).toEqual(cloud.calls().map((_, index) => index + 1));
  });
});
