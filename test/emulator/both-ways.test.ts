import { CloudBuildClient } from '@google-cloud/cloudbuild';
import { SecretManagerServiceClient } from '@google-cloud/secret-manager';
import { grpc } from 'google-gax';
import protobuf from 'protobufjs';
import { fromProto3JSON, toProto3JSON } from 'proto3-json-serializer';
import { afterAll, describe, expect, it } from 'vitest';
import { loadProtos, type Protos } from '../../sandbox/cloud/server/protos.ts';
import type { CloudProcess } from './cloud.ts';
import {
  addImage,
  createMigrationJob,
  createService,
  runClients,
  template,
  to,
  updateService,
} from './run-fixtures.ts';
import { withCloud } from './stage.ts';

/** What every row may name. */
interface Place {
  project: string;
  location: string;
  service: string;
  revision: string;
  job: string;
  execution: string;
  task: string;
  operation: string;
  build: string;
  repository: string;
  image: string;
  digest: string;
}

/** A method that reads: its request in the JSON form, and the path and body of its REST form. */
interface Read {
  request: (at: Place) => Record<string, unknown>;
  path: (at: Place) => string;
  body?: (at: Place) => object;
}

const named = (version: string, name: (at: Place) => string): Read => ({
  request: (at) => ({ name: name(at) }),
  path: (at) => `/${version}/${name(at)}`,
});
const listed = (version: string, parent: (at: Place) => string, kind: string): Read => ({
  request: (at) => ({ parent: parent(at) }),
  path: (at) => `/${version}/${parent(at)}/${kind}`,
});
const docker = ({ repository }: Place) => `${repository}/packages/web`;

const packages: Record<string, Protos> = {
  'google.longrunning': loadProtos('@google-cloud/run'),
  'google.cloud.run.v2': loadProtos('@google-cloud/run'),
  'google.devtools.cloudbuild.v1': loadProtos('@google-cloud/cloudbuild'),
  'google.devtools.artifactregistry.v1': loadProtos('@google-cloud/artifact-registry'),
  'google.cloud.secretmanager.v1': loadProtos('@google-cloud/secret-manager'),
  'google.logging.v2': loadProtos('@google-cloud/logging-api'),
};

const reads: Record<string, Read> = {
  'google.longrunning.Operations/GetOperation': named('v2', ({ operation }) => operation),
  'google.longrunning.Operations/ListOperations': {
    request: ({ location }) => ({ name: location }),
    path: ({ location }) => `/v2/${location}/operations`,
  },
  'google.cloud.run.v2.Services/GetService': named('v2', ({ service }) => service),
  'google.cloud.run.v2.Services/ListServices': listed('v2', ({ location }) => location, 'services'),
  'google.cloud.run.v2.Revisions/GetRevision': named('v2', ({ revision }) => revision),
  'google.cloud.run.v2.Revisions/ListRevisions': listed('v2', ({ service }) => service, 'revisions'),
  'google.cloud.run.v2.Jobs/GetJob': named('v2', ({ job }) => job),
  'google.cloud.run.v2.Jobs/ListJobs': listed('v2', ({ location }) => location, 'jobs'),
  'google.cloud.run.v2.Executions/GetExecution': named('v2', ({ execution }) => execution),
  'google.cloud.run.v2.Executions/ListExecutions': listed('v2', ({ job }) => job, 'executions'),
  'google.cloud.run.v2.Tasks/GetTask': named('v2', ({ task }) => task),
  'google.cloud.run.v2.Tasks/ListTasks': listed('v2', ({ execution }) => execution, 'tasks'),
  'google.devtools.cloudbuild.v1.CloudBuild/GetBuild': named('v1', ({ build }) => build),
  'google.devtools.cloudbuild.v1.CloudBuild/ListBuilds': listed('v1', ({ location }) => location, 'builds'),
  'google.devtools.artifactregistry.v1.ArtifactRegistry/GetRepository': named('v1', ({ repository }) => repository),
  'google.devtools.artifactregistry.v1.ArtifactRegistry/ListRepositories': listed(
    'v1',
    ({ location }) => location,
    'repositories',
  ),
  'google.devtools.artifactregistry.v1.ArtifactRegistry/GetPackage': named('v1', docker),
  'google.devtools.artifactregistry.v1.ArtifactRegistry/ListPackages': listed(
    'v1',
    ({ repository }) => repository,
    'packages',
  ),
  'google.devtools.artifactregistry.v1.ArtifactRegistry/GetVersion': named(
    'v1',
    (at) => `${docker(at)}/versions/${at.digest}`,
  ),
  'google.devtools.artifactregistry.v1.ArtifactRegistry/ListVersions': listed('v1', docker, 'versions'),
  'google.devtools.artifactregistry.v1.ArtifactRegistry/GetTag': named('v1', (at) => `${docker(at)}/tags/v1`),
  'google.devtools.artifactregistry.v1.ArtifactRegistry/ListTags': listed('v1', docker, 'tags'),
  'google.devtools.artifactregistry.v1.ArtifactRegistry/GetDockerImage': named(
    'v1',
    ({ repository, digest }) => `${repository}/dockerImages/web@${digest}`,
  ),
  'google.devtools.artifactregistry.v1.ArtifactRegistry/ListDockerImages': listed(
    'v1',
    ({ repository }) => repository,
    'dockerImages',
  ),
  'google.cloud.secretmanager.v1.SecretManagerService/GetSecret': named(
    'v1',
    ({ project }) => `${project}/secrets/key`,
  ),
  'google.cloud.secretmanager.v1.SecretManagerService/ListSecrets': listed('v1', ({ project }) => project, 'secrets'),
  'google.cloud.secretmanager.v1.SecretManagerService/GetSecretVersion': named(
    'v1',
    ({ project }) => `${project}/secrets/key/versions/1`,
  ),
  'google.cloud.secretmanager.v1.SecretManagerService/ListSecretVersions': listed(
    'v1',
    ({ project }) => `${project}/secrets/key`,
    'versions',
  ),
  'google.logging.v2.LoggingServiceV2/ListLogs': listed('v2', ({ project }) => project, 'logs'),
  'google.logging.v2.LoggingServiceV2/ListLogEntries': {
    request: ({ project }) => ({ resourceNames: [project], filter: 'textPayload:*', pageSize: 5 }),
    path: () => '/v2/entries:list',
    body: ({ project }) => ({ resourceNames: [project], filter: 'textPayload:*', pageSize: 5 }),
  },
};

let cloud: CloudProcess;
let channel: grpc.Client;
let at: Place;

withCloud(async (started) => {
  cloud = started;
  channel = new grpc.Client(`127.0.0.1:${cloud.grpcPort}`, grpc.credentials.createInsecure());
  const project = `projects/${cloud.project}`;
  const clients = runClients(cloud);
  const image = await addImage(cloud, 'web', 'v1');
  const { name, latestReadyRevision } = await createService(clients, cloud, 'web', { template: template(image) });
  const service = String(name);
  const job = await createMigrationJob(clients, cloud, image);
  const [running] = await clients.jobs.runJob({ name: job });
  const [execution] = await running.promise();
  const [[task]] = await clients.tasks.listTasks({ parent: String(execution.name) });
  // An operation that failed carries a status, and one of Cloud Build is of a type that Cloud Run does not have.
  await updateService(clients, { name: service, traffic: [to('web-none', 100)] }, ['traffic']).catch(() => undefined);
  const builds = new CloudBuildClient(cloud.clientOptions());
  const steps = [{ name: 'gcr.io/cloud-builders/docker', args: ['build', '-t', `${image.split('@')[0]}:none`, '.'] }];
  const source = { storageSource: { bucket: 'none', object: 'none.tar.gz' } };
  const [operation] = await builds.createBuild({
    ...{ parent: cloud.parent, projectId: cloud.project, build: { source, steps } },
  });
  const { build } = operation.metadata as unknown as { build: { name: string } };
  await operation.promise().catch(() => undefined);
  const secrets = new SecretManagerServiceClient(cloud.clientOptions());
  await secrets.createSecret({ parent: project, secretId: 'key', secret: { replication: { automatic: {} } } });
  await secrets.addSecretVersion({ parent: `${project}/secrets/key`, payload: { data: Buffer.from('value') } });
  await Promise.all([builds, secrets, ...Object.values(clients)].map((client) => client.close()));
  at = {
    ...{ project, location: cloud.parent, service, job, image, build: build.name, operation: String(operation.name) },
    revision: String(latestReadyRevision),
    execution: String(execution.name),
    task: String(task?.name),
    repository: `${cloud.parent}/repositories/test`,
    digest: image.split('@')[1] ?? '',
  };
});
afterAll(() => channel.close());

/** Finds the descriptor of a method by its full name. */
function methodOf(fullName: string): protobuf.Method {
  const [service = '', name = ''] = fullName.split('/');
  const protos = packages[service.slice(0, service.lastIndexOf('.'))];
  const method = protos?.root.lookupService(service).methods[name];
  if (!method) throw new Error(`no method ${fullName}`);
  method.resolve();
  return method;
}

/** Calls a method over gRPC; answers what came, in the JSON form. */
async function overGrpc(fullName: string, request: Record<string, unknown>): Promise<unknown> {
  const { resolvedRequestType, resolvedResponseType } = methodOf(fullName);
  if (!resolvedRequestType || !resolvedResponseType) throw new Error(`${fullName} is not resolved`);
  const message = fromProto3JSON(resolvedRequestType, request as never) ?? resolvedRequestType.create();
  const bytes = await new Promise<Buffer>((resolve, reject) => {
    channel.makeUnaryRequest(
      `/${fullName}`,
      () => Buffer.from(resolvedRequestType.encode(message).finish()),
      (answer: Buffer) => answer,
      {},
      (error, answer) => (error ? reject(error) : resolve(answer ?? Buffer.alloc(0))),
    );
  });
  return toProto3JSON(resolvedResponseType.decode(bytes));
}

/** Leaves out what is at its default: only REST's answers of this emulator spell it out. */
function withoutDefaults(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDefaults);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value)
    .map(([key, part]) => [key, withoutDefaults(part)] as const)
    .filter(([, part]) => !isDefault(part));
  return Object.fromEntries(kept);
}

function isDefault(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return value === null || value === '' || value === false || value === 0 || value === '0' || isUnspecified(value);
}

const isUnspecified = (value: unknown) => typeof value === 'string' && /_UNSPECIFIED$/.test(value);

describe('a reading method answers the same over gRPC and over REST', () => {
  it.each(Object.entries(reads))('%s', async (fullName, { request, path, body }) => {
    const expected = await overGrpc(fullName, request(at));
    const sent = body ? { method: 'POST', body: JSON.stringify(body(at)) } : {};
    const answer = await fetch(`http://127.0.0.1:${cloud.httpPort}${path(at)}`, sent);
    const text = await answer.text();
    expect(answer.status, text).toBe(200);
    expect(withoutDefaults(JSON.parse(text))).toEqual(withoutDefaults(expected));
    expect(text.length, 'an answer with something in it').toBeGreaterThan(20);
  });

  it('and the list of operations has those of both services, and what failed', async () => {
    const answer = await fetch(`http://127.0.0.1:${cloud.httpPort}/v2/${cloud.parent}/operations`);
    const { operations } = (await answer.json()) as {
      operations: { metadata: { '@type': string }; error?: { message: string } }[];
    };
    const types = operations.map(({ metadata }) => metadata['@type'].replace(/^.*\./, ''));
    expect(new Set(types)).toEqual(new Set(['Service', 'Job', 'Execution', 'BuildOperationMetadata']));
    expect(operations.filter(({ error }) => error)).toHaveLength(2);
  });
});

it('no reading method is served that these tests do not ask', async () => {
  const served: string[] = [];
  for (const fullName of Object.entries(packages).flatMap(readingMethods)) {
    const error: unknown = await overGrpc(fullName, {}).catch((refusal: unknown) => refusal);
    if ((error as { code?: number } | null)?.code !== grpc.status.UNIMPLEMENTED) served.push(fullName);
  }
  expect(served.sort()).toEqual(Object.keys(reads).sort());
});

/** Lists the methods `Get…` and `List…` of a package's services. */
function readingMethods([name, { root }]: [string, Protos]): string[] {
  const namespace = root.lookup(name);
  if (!(namespace instanceof protobuf.Namespace)) throw new Error(`no package ${name}`);
  return namespace.nestedArray
    .filter((each) => each instanceof protobuf.Service)
    .flatMap((service) => service.methodsArray.map((method) => `${name}.${service.name}/${method.name}`))
    .filter((method) => /\/(Get|List)/.test(method));
}
