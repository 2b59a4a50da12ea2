import { SecretManagerServiceClient } from '@google-cloud/secret-manager';
import { afterEach, describe, expect, it } from 'vitest';
import type { CloudProcess } from './cloud.ts';
import type { RunClients } from './run-fixtures.ts';
import { addImage, createService, runClients, template, updateService } from './run-fixtures.ts';
import { withCloud } from './stage.ts';

let cloud: CloudProcess;
let clients: RunClients;
let image: string;
let name: string;

withCloud(async (started) => {
  cloud = started;
  clients = runClients(cloud);
  image = await addImage(cloud, 'web', 'v1');
  name = String((await createService(clients, cloud, 'web', { template: template(image) })).name);
  const secrets = new SecretManagerServiceClient(cloud.clientOptions());
  const parent = `projects/${cloud.project}`;
  await secrets.createSecret({ parent, secretId: 'key', secret: { replication: { automatic: {} } } });
  await secrets.addSecretVersion({ parent: `${parent}/secrets/key`, payload: { data: Buffer.from('value') } });
  await secrets.close();
});
afterEach(async () => void (await cloud.control('DELETE', 'permissions')));

const deny = (permission: string, resource?: string) => cloud.control('POST', 'permissions', { permission, resource });
const release = (rest: object = {}) =>
  updateService(clients, { name, template: { containers: [{ image, ...rest }] } }, ['template']);
const update = 'run.services.update';

describe('a permission that was taken away', () => {
  it('of the caller: it is not among those that it has, and the call is refused', async () => {
    await deny(update, 'services/web');
    await deny('run.services.create', 'services/other');
    const permissions = [update, 'run.services.get'];
    const [tested] = await clients.services.testIamPermissions({ resource: name, permissions });
    expect(tested.permissions).toEqual(['run.services.get']);
    const refused = {
      code: 7,
      message: expect.stringContaining(`Permission '${update}' denied on resource '${name}'`),
    };
    await expect(updateService(clients, { name, labels: { a: 'b' } }, ['labels'])).rejects.toMatchObject(refused);
    await expect(createService(clients, cloud, 'other', { template: template(image) })).rejects.toMatchObject({
      code: 7,
    });
    await cloud.control('DELETE', 'permissions');
    await updateService(clients, { name, labels: { a: 'b' } }, ['labels']);
  });

  it('of the account of the service: a revision that reads the secret is not ready', async () => {
    const env = [{ name: 'KEY', valueSource: { secretKeyRef: { secret: 'key', version: '1' } } }];
    await deny('secretmanager.versions.access', 'secrets/key');
    await expect(release({ env })).rejects.toMatchObject({
      code: 9,
      message: expect.stringMatching(
        /Permission denied on secret: projects\/\S+\/secrets\/key\/versions\/1 for Revision service account \d+-compute@/,
      ),
    });
    await cloud.control('DELETE', 'permissions');
    await release({ env, args: ['again'] });
  });

  it('of the service agent: no new instance has the image', async () => {
    await deny('artifactregistry.repositories.downloadArtifacts', image);
    await expect(release({ args: ['more'] })).rejects.toThrow(
      /Service Agent \S+ must have permission to read the image/,
    );
  });

  it('is one that the emulator asks for, or none is taken away', async () => {
    await expect(deny('run.services.udpate')).rejects.toThrow();
    expect(await cloud.control('GET', 'permissions')).toEqual({ denied: [], accounts: [] });
  });
});
