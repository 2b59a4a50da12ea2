import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SecretManagerServiceClient } from '@google-cloud/secret-manager';
import { expect, test } from 'vitest';
import type { CloudProcess } from './cloud.ts';
import { withCloud } from './stage.ts';

let cloud: CloudProcess;
let secrets: SecretManagerServiceClient;
let parent: string;

withCloud((started) => {
  cloud = started;
  secrets = new SecretManagerServiceClient(cloud.clientOptions());
  parent = `projects/${cloud.project}`;
});

async function create(secretId: string, ...values: string[]): Promise<string> {
  const [secret] = await secrets.createSecret({ parent, secretId, secret: { replication: { automatic: {} } } });
  for (const value of values)
    await secrets.addSecretVersion({ parent: secret.name, payload: { data: Buffer.from(value) } });
  return secret.name ?? '';
}

test('latest is the newest version, answered under its number with its checksum', async () => {
  const name = await create('database-url', 'postgres://one', '123456789');
  const [answer] = await secrets.accessSecretVersion({ name: `${name}/versions/latest` });
  expect(answer.name).toBe(`${name}/versions/2`);
  expect(Buffer.from(answer.payload?.data ?? '').toString()).toBe('123456789');
  // The check value of CRC-32C.
  expect(Number(answer.payload?.dataCrc32c)).toBe(0xe3069283);
  const [one] = await secrets.accessSecretVersion({ name: `${name}/versions/1` });
  expect(Buffer.from(one.payload?.data ?? '').toString()).toBe('postgres://one');
});

test('versions are listed newest first and by state', async () => {
  const name = await create('listed', 'a', 'b', 'c');
  await secrets.disableSecretVersion({ name: `${name}/versions/2` });
  const [all] = await secrets.listSecretVersions({ parent: name });
  expect(all.map((version) => [version.name, version.state])).toEqual([
    [`${name}/versions/3`, 'ENABLED'],
    [`${name}/versions/2`, 'DISABLED'],
    [`${name}/versions/1`, 'ENABLED'],
  ]);
  const [enabled] = await secrets.listSecretVersions({ parent: name, filter: 'state:ENABLED' });
  expect(enabled.map((version) => version.name)).toEqual([`${name}/versions/3`, `${name}/versions/1`]);
});

test('a disabled version is refused until it is enabled, a destroyed one for ever', async () => {
  const name = await create('switched', 'one', 'two');
  const version = `${name}/versions/2`;
  await secrets.disableSecretVersion({ name: version });
  await expect(secrets.accessSecretVersion({ name: `${name}/versions/latest` })).rejects.toMatchObject({ code: 9 });
  await secrets.enableSecretVersion({ name: version });
  await secrets.accessSecretVersion({ name: version });
  const [destroyed] = await secrets.destroySecretVersion({ name: version });
  expect(destroyed.state).toBe('DESTROYED');
  expect(destroyed.destroyTime).toBeTruthy();
  await expect(secrets.accessSecretVersion({ name: version })).rejects.toMatchObject({ code: 9 });
  await expect(secrets.enableSecretVersion({ name: version })).rejects.toMatchObject({ code: 9 });
});

test('labels are updated under the current etag only, aliases name versions', async () => {
  const name = await create('labelled', 'one', 'two');
  const [before] = await secrets.getSecret({ name });
  await secrets.updateSecret({
    secret: { name, labels: { team: 'core' }, versionAliases: { live: 1 }, etag: before.etag ?? '' },
    updateMask: { paths: ['labels', 'version_aliases'] },
  });
  const [after] = await secrets.getSecret({ name });
  expect(after.labels).toEqual({ team: 'core' });
  expect(after.etag).not.toBe(before.etag);
  expect((await secrets.getSecretVersion({ name: `${name}/versions/live` }))[0].name).toBe(`${name}/versions/1`);
  await expect(secrets.deleteSecret({ name, etag: before.etag ?? '' })).rejects.toMatchObject({ code: 9 });
  await secrets.deleteSecret({ name });
  await expect(secrets.getSecret({ name })).rejects.toMatchObject({ code: 5 });
});

test.each<[name: string, run: () => Promise<unknown>, code: number]>([
  ['an unknown secret', () => secrets.accessSecretVersion({ name: `${parent}/secrets/none/versions/latest` }), 5],
  [
    'an unknown version',
    async () => secrets.accessSecretVersion({ name: `${await create('numbered', 'x')}/versions/9` }),
    5,
  ],
  [
    'latest of an empty secret',
    async () => secrets.accessSecretVersion({ name: `${await create('empty')}/versions/latest` }),
    5,
  ],
  ['a second secret of the same name', async () => (await create('same'), create('same')), 6],
  ['a name that is none', () => secrets.getSecret({ name: 'secrets/x' }), 3],
  ['a bad name', () => create('not/allowed'), 3],
  ['no replication', () => secrets.createSecret({ parent, secretId: 'bare', secret: {} }), 3],
  [
    'an empty payload',
    async () => secrets.addSecretVersion({ parent: await create('blank'), payload: { data: Buffer.alloc(0) } }),
    3,
  ],
  [
    'a wrong checksum',
    async () =>
      secrets.addSecretVersion({ parent: await create('sum'), payload: { data: Buffer.from('x'), dataCrc32c: 1 } }),
    3,
  ],
  [
    'another project',
    () => secrets.createSecret({ parent: 'projects/other', secretId: 's', secret: { replication: { automatic: {} } } }),
    7,
  ],
])('%s is refused', async (_name, run, code) => {
  await expect(run()).rejects.toMatchObject({ code });
});

test('a new version is there by its number at once, and for every other look a little later', async () => {
  const name = await create('lagging', 'one');
  await cloud.control('PUT', 'tune', { secretLagMs: 60_000 });
  try {
    await secrets.addSecretVersion({ parent: name, payload: { data: Buffer.from('two') } });
    const [two] = await secrets.accessSecretVersion({ name: `${name}/versions/2` });
    expect(Buffer.from(two.payload?.data ?? '').toString()).toBe('two');
    await expect(secrets.getSecretVersion({ name: `${name}/versions/2` })).rejects.toMatchObject({ code: 5 });
    await expect(secrets.accessSecretVersion({ name: `${name}/versions/latest` })).rejects.toMatchObject({ code: 5 });
    expect((await secrets.listSecretVersions({ parent: name }))[0]).toEqual([]);
  } finally {
    await cloud.control('PUT', 'tune', { secretLagMs: 0 });
  }
  expect((await secrets.getSecretVersion({ name: `${name}/versions/latest` }))[0].name).toBe(`${name}/versions/2`);
});

test('a change under an old etag is refused, also where it changes nothing', async () => {
  const name = `${await create('raced', 'one')}/versions/1`;
  const [before] = await secrets.getSecretVersion({ name });
  await secrets.enableSecretVersion({ name });
  await expect(secrets.disableSecretVersion({ name, etag: before.etag ?? '' })).rejects.toMatchObject({ code: 9 });
  const [now] = await secrets.getSecretVersion({ name });
  expect((await secrets.disableSecretVersion({ name, etag: now.etag ?? '' }))[0].state).toBe('DISABLED');
});

test('a secret keeps where its values are, and refuses what would be forgotten', async () => {
  const secret = { replication: { userManaged: { replicas: [{ location: 'us-central1' }] } } };
  const [made] = await secrets.createSecret({ parent, secretId: 'placed', secret });
  expect(made.replication?.userManaged?.replicas).toMatchObject([{ location: 'us-central1' }]);
  const automatic = { replication: { automatic: {} } };
  const ttl = { ...automatic, ttl: { seconds: 3600 } };
  await expect(secrets.createSecret({ parent, secretId: 'short', secret: ttl })).rejects.toMatchObject({ code: 3 });
  const labels = { ...automatic, labels: { Team: 'core' } };
  await expect(secrets.createSecret({ parent, secretId: 'named', secret: labels })).rejects.toMatchObject({ code: 3 });
  const aliased = { name: made.name ?? '', versionAliases: { live: 7 } };
  const updateMask = { paths: ['version_aliases'] };
  await expect(secrets.updateSecret({ secret: aliased, updateMask })).rejects.toMatchObject({ code: 3 });
});

test('it answers over REST as well, as gcloud asks it', async () => {
  const name = await create('over-rest');
  const post = async (path: string, body: object) =>
    (
      await fetch(`http://127.0.0.1:${cloud.httpPort}/v1/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    ).json();
  const payload = { data: Buffer.from('by REST').toString('base64') };
  expect(await post(`${name}:addVersion`, { payload })).toMatchObject({ name: `${name}/versions/1`, state: 'ENABLED' });
  expect(await post(`${name}/versions/1:disable`, {})).toMatchObject({ state: 'DISABLED' });
  const access = await fetch(`http://127.0.0.1:${cloud.httpPort}/v1/${name}/versions/1:access`);
  expect([access.status, ((await access.json()) as { error: { status: string } }).error.status]).toEqual([
    400,
    'FAILED_PRECONDITION',
  ]);
});

test('payloads are in no line of the call log', async () => {
  const name = await create('hidden', 'correct-horse-battery');
  await secrets.accessSecretVersion({ name: `${name}/versions/1` });
  const log = readFileSync(join(cloud.dir, 'cloud', 'calls.jsonl'), 'utf8');
  expect(log).toContain('SecretManagerService/AccessSecretVersion');
  expect(log).not.toContain('correct-horse-battery');
  expect(log).not.toContain(Buffer.from('correct-horse-battery').toString('base64'));
});
