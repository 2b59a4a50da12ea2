import { rmSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { protos } from '@google-cloud/run';
import { startCloud } from './cloud.ts';
import type { CloudProcess } from './cloud.ts';
import { addImage, createService, runClients, template, to, updateService } from './run-fixtures.ts';

/** The same folder and ports again, as the sandbox does after a kill. */
async function again(cloud: CloudProcess): Promise<CloudProcess> {
  await cloud.stop('SIGKILL');
  return await startCloud({ dir: cloud.dir, grpcPort: cloud.grpcPort, httpPort: cloud.httpPort });
}

async function end(cloud: CloudProcess): Promise<void> {
  await cloud.stop();
  rmSync(cloud.dir, { recursive: true, force: true });
}

const answer = async (uri: string | null | undefined): Promise<string> => await (await fetch(String(uri))).text();

it('serves the same services at the same addresses after SIGKILL', async () => {
  let cloud = await startCloud();
  try {
    const clients = runClients(cloud);
    const [v1, v2] = [await addImage(cloud, 'web', 'v1'), await addImage(cloud, 'web', 'v2')];
    const { uri, name } = await createService(clients, cloud, 'web', { template: template(v1, { revision: 'web-a' }) });
    await updateService(
      clients,
      { name, template: template(v2, { revision: 'web-b' }), traffic: [to('web-a', 100), to('web-b', 0, 'next')] },
      ['template', 'traffic'],
    );
    const [before] = await clients.services.getService({ name: String(name) });
    const calls = cloud.calls().length;
    cloud = await again(cloud);
    const [after] = await runClients(cloud).services.getService({ name: String(name) });
    expect(after).toEqual(before);
    expect(await answer(uri)).toBe('v1');
    expect(await answer(after.trafficStatuses?.[1]?.uri)).toBe('v2');
    expect(cloud.calls().at(-1)?.seq).toBe(calls + 1);
  } finally {
    await end(cloud);
  }
});

it('goes on with an update that was under way', async () => {
  let cloud = await startCloud();
  try {
    const image = await addImage(cloud, 'web', 'v1');
    const next = await addImage(cloud, 'web', 'v2');
    const { uri, name } = await createService(runClients(cloud), cloud, 'web', { template: template(image) });
    await cloud.control('PUT', 'tune', { operationMs: 5000 });
    const [operation] = await runClients(cloud).services.updateService({
      service: { name, template: template(next, { revision: 'web-next' }) },
      updateMask: { paths: ['template'] },
    });
    cloud = await again(cloud);
    const services = runClients(cloud).services;
    await expect
      .poll(async () => (await services.checkUpdateServiceProgress(String(operation.name))).done, { timeout: 5000 })
      .toBe(true);
    expect(await answer(uri)).toBe('v2');
    expect((await services.getService({ name: String(name) }))[0]).toMatchObject({
      reconciling: false,
      terminalCondition: { state: 'CONDITION_SUCCEEDED' },
    });
  } finally {
    await end(cloud);
  }
});

const lost: [string, number, object][] = [
  ['fails a task that was lost and may not be retried', 0, { failedCount: 1, succeededCount: 0, retriedCount: 0 }],
  ['runs a lost task again where retries are left', 1, { failedCount: 0, succeededCount: 1, retriedCount: 1 }],
];
it.each(lost)('%s', async (_, maxRetries, counts) => {
  let cloud = await startCloud();
  try {
    const { jobs } = runClients(cloud);
    const image = await addImage(cloud, 'job', 'v1');
    const env = [{ name: 'SLEEP_MS', value: '1500' }];
    const [created] = await jobs.createJob({
      parent: cloud.parent,
      jobId: 'job',
      job: { template: { template: { maxRetries, containers: [{ image, command: ['migrate'], env }] } } },
    });
    await created.promise();
    const [operation] = await jobs.runJob({ name: `${cloud.parent}/jobs/job` });
    const { name } = operation.metadata as unknown as protos.google.cloud.run.v2.Execution;
    await expect.poll(async () => (await runClients(cloud).executions.getExecution({ name }))[0].runningCount).toBe(1);
    cloud = await again(cloud);
    const clients = runClients(cloud);
    await expect
      .poll(async () => (await clients.executions.getExecution({ name }))[0].completionTime, { timeout: 6000 })
      .toBeTruthy();
    expect((await clients.executions.getExecution({ name }))[0]).toMatchObject({ ...counts, runningCount: 0 });
    expect((await clients.jobs.checkRunJobProgress(String(operation.name))).done).toBe(true);
  } finally {
    await end(cloud);
  }
});
