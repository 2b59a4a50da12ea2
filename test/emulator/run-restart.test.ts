import { expect, it } from 'vitest';
import type { protos } from '@google-cloud/run';
import {
  addImage,
  ask,
  createMigrationJob,
  createService,
  runClients,
  template,
  to,
  untilExecution,
  updateService,
} from './run-fixtures.ts';
import { restart, startForTest } from './stage.ts';

it('serves the same services at the same addresses after SIGKILL', async () => {
  let cloud = await startForTest();
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
  cloud = await restart(cloud);
  const [after] = await runClients(cloud).services.getService({ name: String(name) });
  expect(after).toEqual(before);
  expect(await ask(uri)).toBe('v1');
  expect(await ask(after.trafficStatuses?.[1]?.uri)).toBe('v2');
  expect(cloud.calls().at(-1)?.seq).toBe(calls + 1);
});

it('goes on with an update that was under way', async () => {
  let cloud = await startForTest();
  const image = await addImage(cloud, 'web', 'v1');
  const next = await addImage(cloud, 'web', 'v2');
  const { uri, name } = await createService(runClients(cloud), cloud, 'web', { template: template(image) });
  await cloud.control('PUT', 'tune', { operationMs: 5000 });
  const [operation] = await runClients(cloud).services.updateService({
    service: { name, template: template(next, { revision: 'web-next' }) },
    updateMask: { paths: ['template'] },
  });
  cloud = await restart(cloud);
  const services = runClients(cloud).services;
  await expect
    .poll(async () => (await services.checkUpdateServiceProgress(String(operation.name))).done, { timeout: 5000 })
    .toBe(true);
  expect(await ask(uri)).toBe('v2');
  expect((await services.getService({ name: String(name) }))[0]).toMatchObject({
    reconciling: false,
    terminalCondition: { state: 'CONDITION_SUCCEEDED' },
  });
});

const lost: [string, number, object][] = [
  ['fails a task that was lost and may not be retried', 0, { failedCount: 1, succeededCount: 0, retriedCount: 0 }],
  ['runs a lost task again where retries are left', 1, { failedCount: 0, succeededCount: 1, retriedCount: 1 }],
];
it.each(lost)('%s', async (_, maxRetries, counts) => {
  let cloud = await startForTest();
  const image = await addImage(cloud, 'job', 'v1');
  const job = await createMigrationJob(runClients(cloud), cloud, image, { maxRetries }, { SLEEP_MS: '1500' });
  const [operation] = await runClients(cloud).jobs.runJob({ name: job });
  const { name } = operation.metadata as unknown as protos.google.cloud.run.v2.Execution;
  await untilExecution(runClients(cloud), name, { runningCount: 1 });
  cloud = await restart(cloud);
  const clients = runClients(cloud);
  await untilExecution(clients, name, { completionTime: expect.anything() });
  expect((await clients.executions.getExecution({ name }))[0]).toMatchObject({ ...counts, runningCount: 0 });
  expect((await clients.jobs.checkRunJobProgress(String(operation.name))).done).toBe(true);
});
