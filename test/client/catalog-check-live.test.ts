import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CloudProcess } from '../emulator/cloud.ts';
import { addImage, createMigrationJob, createService, runClients, template } from '../emulator/run-fixtures.ts';
import { withCloud } from '../emulator/stage.ts';
import { good } from '../catalog/good-file.ts';
import { runSlipway } from './run-slipway.ts';

let cloud: CloudProcess;
let folder: string;
withCloud((started) => {
  cloud = started;
});
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'slipway-live-'));
  const target = `project: ${cloud.project}, region: ${cloud.region}, service: example, migrationJob: job`;
  const secrets = 'secrets: { TOKEN: { secret: example-token } }';
  const text = good
    .replace(/project: example-project.*service: example/, target)
    .replace('    operators:', `    ${secrets}\n    operators:`);
  await writeFile(path.join(folder, 'example.yaml'), text);
});
afterAll(() => rm(folder, { recursive: true }));

/** What the check says of each thing, by its name. */
async function checked(): Promise<{ exitCode: number | undefined; said: Record<string, string> }> {
  const { exitCode, stdout } = await runSlipway(['catalog', 'check', '--live', '--json'], {
    SLIPWAY_CATALOG: folder,
    SLIPWAY_CLOUD_GRPC: `127.0.0.1:${cloud.grpcPort}`,
    SLIPWAY_CLOUD_HTTP: `http://127.0.0.1:${cloud.httpPort}`,
  });
  const { live } = JSON.parse(stdout) as {
    live: { checks: { name: string; verdict: string; reason: string }[] }[];
  };
  const lines = live.flatMap(({ checks }) => checks);
  return {
    exitCode,
    said: Object.fromEntries(lines.map(({ name, verdict, reason }) => [name, `${verdict}: ${reason}`])),
  };
}

it('says what an environment lacks before its first release, and that nothing is lacking later', async () => {
  await cloud.control('POST', 'permissions', { permission: 'run.jobs.create' });
  const first = await checked();
  await cloud.control('DELETE', 'permissions');
  expect(first).toEqual({
    exitCode: 1,
    said: {
      permissions: 'fail: not in the whole project: run.jobs.create (roles/run.developer)',
      service: 'pass: example is not there yet: a first release creates it',
      jobs: 'pass: job is not there yet: a release makes it',
      secrets: 'fail: version latest of example-token, for TOKEN, is missing',
    },
  });
  const calls = cloud.calls().filter(({ effect }) => effect !== 'none');
  expect(calls).toEqual([]);

  const clients = runClients(cloud);
  const image = await addImage(cloud, 'live', '1');
  await createService(clients, cloud, 'example', { template: template(image) });
  await createMigrationJob(clients, cloud, image);
  await addSecret();
  const later = await checked();
  expect(later).toMatchObject({
    exitCode: 0,
    said: {
      permissions: expect.stringMatching(/^pass: all \d+ that a release needs$/),
      service: expect.stringMatching(/^pass: example serves example-00001-\w+ 100 %$/),
      jobs: 'pass: job is there',
      secrets: 'pass: example-token enabled',
    },
  });
}, 30_000);

async function addSecret(): Promise<void> {
  const at = `http://127.0.0.1:${cloud.httpPort}/v1/projects/${cloud.project}/secrets`;
  const post = async (url: string, body: object): Promise<void> => {
    const answer = await fetch(url, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(200);
  };
  await post(`${at}?secretId=example-token`, { replication: { automatic: {} } });
  await post(`${at}/example-token:addVersion`, { payload: { data: Buffer.from('value').toString('base64') } });
}
