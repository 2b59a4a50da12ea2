import { SecretManagerServiceClient } from '@google-cloud/secret-manager';
import { JobsClient, ServicesClient } from '@google-cloud/run';
import { CloudBuildClient } from '@google-cloud/cloudbuild';
import { grpc } from 'google-gax';
import protobuf from 'protobufjs';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { workerPermissions } from '../../contract/google-rights.ts';
import { loadProtos } from '../../sandbox/cloud/server/protos.ts';
import { askedPermissions } from '../../sandbox/cloud/server/required-permissions.ts';
import { workerAccount } from '../../sandbox/worker-account.ts';
import type { CloudProcess } from './cloud.ts';
import { withCloud } from './stage.ts';

const tester = 'tester@example.com';
const denied: number = grpc.status.PERMISSION_DENIED;
const unimplemented: number = grpc.status.UNIMPLEMENTED;

let cloud: CloudProcess;
let channel: grpc.Client;

withCloud((started) => {
  cloud = started;
  channel = new grpc.Client(`127.0.0.1:${cloud.grpcPort}`, grpc.credentials.createInsecure());
});
afterAll(() => channel.close());
afterEach(async () => void (await cloud.control('DELETE', 'permissions')));

const give = (...permissions: string[]) => cloud.control('PUT', 'permissions', { account: tester, permissions });
const as = (account: string) => ({
  ...cloud.clientOptions(),
  'grpc.callInvocationTransformer': (call: { metadata: grpc.Metadata }) => {
    call.metadata.set('authorization', `Bearer ${account}`);
    return call;
  },
});

/** Calls a method with an empty request; answers the status. */
async function statusOf(method: string, account?: string): Promise<number> {
  const metadata = new grpc.Metadata();
  if (account !== undefined) metadata.set('authorization', `Bearer ${account}`);
  return new Promise((resolve) => {
    channel.makeUnaryRequest(
      `/${method}`,
      () => Buffer.alloc(0),
      (bytes: Buffer) => bytes,
      {},
      metadata,
      (error: { code?: number } | null) => resolve(error?.code ?? 0),
    );
  });
}

/** Every unary method that the descriptors of Google's packages have. */
const methods = ['run', 'cloudbuild', 'artifact-registry', 'secret-manager', 'logging-api']
  .flatMap((name) => servicesOf(loadProtos(`@google-cloud/${name}`).root))
  .flatMap((service) =>
    service.methodsArray
      .filter(({ requestStream, responseStream }) => !requestStream && !responseStream)
      .map(({ name }) => `${service.fullName.slice(1)}/${name}`),
  );

function servicesOf(namespace: protobuf.NamespaceBase): protobuf.Service[] {
  return namespace.nestedArray.flatMap((each) => {
    if (each instanceof protobuf.Service) return [each];
    return each instanceof protobuf.Namespace ? servicesOf(each) : [];
  });
}

describe('a caller with exactly the permissions that it was given', () => {
  it('may call no method at all without one, but ask what it may do', async () => {
    await give();
    const statuses = await Promise.all(
      [...new Set(methods)].map(async (method) => [method, await statusOf(method, tester)] as const),
    );
    const answered = statuses.filter(([, code]) => code !== unimplemented);
    const allowed = answered.filter(([, code]) => code !== denied);
    expect(answered.length).toBeGreaterThan(50);
    expect(allowed.map(([method]) => method.split('/')[1])).toEqual(['TestIamPermissions', 'TestIamPermissions']);
  });

  it('is told which permission it lacks, on what, over gRPC', async () => {
    await give('run.services.get');
    const services = new ServicesClient(as(tester));
    const name = `${cloud.parent}/services/web`;
    await expect(services.getService({ name })).rejects.toMatchObject({ code: grpc.status.NOT_FOUND });
    await expect(services.updateService({ service: { name } })).rejects.toMatchObject({
      code: grpc.status.PERMISSION_DENIED,
      details: `Permission 'run.services.update' denied on resource '${name}' (or resource may not exist).`,
      reason: 'IAM_PERMISSION_DENIED',
      domain: 'iam.googleapis.com',
      errorInfoMetadata: { permission: 'run.services.update', resource: name },
    });
    const permissions = ['run.services.get', 'run.services.update'];
    const [tested] = await services.testIamPermissions({ resource: name, permissions });
    expect(tested.permissions).toEqual(['run.services.get']);
    await services.close();
  });

  it('and over REST, in the same words', async () => {
    await give();
    const name = `${cloud.parent}/services/web`;
    const headers = { authorization: `Bearer ${tester}` };
    const answer = await fetch(`http://127.0.0.1:${cloud.httpPort}/v2/${name}`, { headers });
    expect([answer.status, await answer.json()]).toEqual([
      403,
      {
        error: {
          code: 403,
          status: 'PERMISSION_DENIED',
          message: `Permission 'run.services.get' denied on resource '${name}' (or resource may not exist).`,
          details: [
            {
              '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
              reason: 'IAM_PERMISSION_DENIED',
              domain: 'iam.googleapis.com',
              metadata: { permission: 'run.services.get', resource: name },
            },
          ],
        },
      },
    ]);
    const listed = await fetch(`http://127.0.0.1:${cloud.httpPort}/storage/v1/b/none/o`, { headers });
    expect([listed.status, await listed.json()]).toMatchObject([
      403,
      { error: { message: expect.stringMatching(/^tester@example\.com does not have storage\.objects\.list access/) } },
    ]);
    const digest = `sha256:${'a'.repeat(64)}`;
    const manifest = await fetch(
      `http://127.0.0.1:${cloud.httpPort}/registries/gcr.io/v2/project/app/manifests/${digest}`,
      { headers },
    );
    expect([manifest.status, await manifest.json()]).toMatchObject([403, { errors: [{ code: 'DENIED' }] }]);
  });

  it('in the words of each API, and Cloud Build names nothing', async () => {
    await give();
    const secrets = new SecretManagerServiceClient(as(tester));
    const name = `projects/${cloud.project}/secrets/key/versions/1`;
    await expect(secrets.accessSecretVersion({ name })).rejects.toMatchObject({
      details: `Permission 'secretmanager.versions.access' denied for resource '${name}' (or it may not exist).`,
    });
    const builds = new CloudBuildClient(as(tester));
    const refused = await builds.getBuild({ name: `${cloud.parent}/builds/1` }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 7, details: 'The caller does not have permission' });
    expect(refused).not.toHaveProperty('reason');
    await Promise.all([secrets.close(), builds.close()]);
  });

  it('needs more for a job with overrides, for a public service, and for an account to act as', async () => {
    await give('run.jobs.run', 'run.services.create', 'run.services.update', 'run.jobs.create');
    const services = new ServicesClient(as(tester));
    const create = (service: object) => services.createService({ parent: cloud.parent, serviceId: 'new', service });
    const jobs = new JobsClient(as(tester));
    const name = `${cloud.parent}/jobs/none`;
    await expect(jobs.runJob({ name })).rejects.toMatchObject({ code: grpc.status.NOT_FOUND });
    await expect(jobs.runJob({ name, overrides: {} })).rejects.toThrow(/'run\.jobs\.runWithOverrides' denied/);
    await expect(create({ invokerIamDisabled: true, template: {} })).rejects.toThrow(/'run\.services\.setIamPolicy'/);
    const template = { serviceAccount: 'app@example.com' };
    await expect(create({ template })).rejects.toThrow(
      /Permission 'iam\.serviceaccounts\.actAs' denied on service account app@example\.com \(or it may not exist\)\.$/,
    );
    await expect(jobs.createJob({ parent: cloud.parent, jobId: 'new', job: { template: {} } })).rejects.toThrow(
      /'iam\.serviceaccounts\.actAs' denied on service account \d+-compute@developer\.gserviceaccount\.com/,
    );
    await Promise.all([services.close(), jobs.close()]);
  });
});

describe('who else calls', () => {
  it('without a token, or with one of gcloud, is a person, who may do everything', async () => {
    for (const account of [undefined, 'ya29.a0AfB_byC']) {
      const status = await statusOf('google.cloud.run.v2.Services/ListServices', account);
      expect(status).not.toBe(grpc.status.PERMISSION_DENIED);
    }
  });

  it('as the worker has the least rights of a worker, each of which the sandbox asks for', async () => {
    expect(workerPermissions.filter((permission) => !askedPermissions.includes(permission))).toEqual([]);
    const services = new ServicesClient(as(workerAccount));
    const resource = `${cloud.parent}/services/web`;
    const [tested] = await services.testIamPermissions({ resource, permissions: [...askedPermissions] });
    expect(new Set(tested.permissions)).toEqual(new Set(workerPermissions));
    await services.close();
  });
});
