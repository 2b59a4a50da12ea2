import { beforeAll, describe, expect, it } from 'vitest';
import { etagOf } from '../../sandbox/cloud/run/resources/metadata.ts';
import type { CloudProcess } from './cloud.ts';
import recorded from './recordings/service.json' with { type: 'json' };
import type { RunClients } from './run-fixtures.ts';
import { addImage, createService, latest, runClients, template, to, updateService } from './run-fixtures.ts';
import { withCloud } from './stage.ts';

let cloud: CloudProcess;
let clients: RunClients;
let image: string;

withCloud(async (started) => {
  cloud = started;
  clients = runClients(cloud);
  image = await addImage(cloud, 'web', 'v1');
  await cloud.control('PUT', 'world', { name: 'recorded' });
});

const nameOf = (id: string): string => `${cloud.parent}/services/${id}`;

/** What has its default may be left out. */
interface RestService {
  name: string;
  generation: string;
  observedGeneration?: string;
  reconciling?: boolean;
  ingress?: string;
  uri?: string;
  etag: string;
  updateTime: string;
  deleteTime?: string;
  expireTime?: string;
  latestCreatedRevision?: string;
  latestReadyRevision?: string;
  trafficStatuses?: { type: string; revision?: string; percent: number }[];
  terminalCondition: { type?: string; state: string };
  conditions?: { type: string; state: string }[];
}

interface RestOperation {
  name: string;
  done: boolean;
  metadata: RestService;
}

async function rest<T>(method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(`http://127.0.0.1:${cloud.httpPort}/v2/${path}`, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  return (await response.json()) as T;
}

const day = 24 * 3600 * 1000;

/** Takes what a recording says of a service; what is not there, or has its default, is null. */
function shapeOf(service: RestService): object {
  const revision = (name = '') => /-(\d{5})-/.exec(name)?.[1] ?? null;
  const {
    terminalCondition: terminal,
    deleteTime,
    expireTime,
    ingress,
    trafficStatuses = [],
    conditions = [],
  } = service;
  return {
    generation: service.generation,
    observedGeneration: service.observedGeneration ?? '0',
    reconciling: service.reconciling ?? false,
    ingress: ingress === 'INGRESS_TRAFFIC_UNSPECIFIED' ? null : (ingress ?? null),
    hasUri: Boolean(service.uri),
    latestCreatedRevision: revision(service.latestCreatedRevision),
    latestReadyRevision: revision(service.latestReadyRevision),
    trafficStatuses: trafficStatuses.map(({ type, revision: name, percent }) => [type, name || null, percent]),
    terminalCondition: [terminal.type || null, terminal.state],
    conditions: conditions.map(({ type, state }) => [type, state]),
    expiresAfterDays: expireTime && deleteTime ? (Date.parse(expireTime) - Date.parse(deleteTime)) / day : null,
  };
}

describe('a service as it was recorded', () => {
  it.each(recorded.etags)('has the etag $begins of its update time, and its name', ({ updateTime, begins }) => {
    const etag = etagOf({ etagOfUpdateTime: true }, { name: 'projects/p', updateTime });
    expect(etag).toBe(`"${begins}/cHJvamVjdHMvcA"`);
  });

  it('shows at each moment of its life what the platform showed', async () => {
    const service = (replicas: number) => ({
      ingress: 'INGRESS_TRAFFIC_ALL',
      template: { containers: [{ image }], scaling: { maxInstanceCount: replicas } },
      traffic: [{ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', percent: 100 }],
    });
    const requests: [string, string, object?][] = [
      ['POST', `${cloud.parent}/services?serviceId=first`, service(2)],
      ['PATCH', nameOf('first'), service(3)],
      ['DELETE', nameOf('first')],
    ];
    const moments = new Map<string, RestService>();
    for (const [method, path, body] of requests) {
      const begun = await rest<RestOperation>(method, path, body);
      moments.set(`${method} accepted`, begun.metadata);
      const read = () => rest<RestOperation>('GET', begun.name);
      await expect.poll(async () => (await read()).done).toBe(true);
      moments.set(`${method} done`, (await read()).metadata);
    }
    const shapes = [...moments].map(([moment, seen]) => [moment, shapeOf(seen)]);
    expect(Object.fromEntries(shapes)).toEqual(recorded.moments);
    const seen = [...moments];
    const moves = seen.slice(1).map(([moment, { etag, updateTime }], index) => {
      const before = seen[index]?.[1];
      expect(etag === before?.etag).toBe(updateTime === before?.updateTime);
      return [moment, etag !== before?.etag];
    });
    expect(Object.fromEntries(moves)).toEqual(recorded.updateTimeAndEtagMove);
  });

  it('is there until its deletion is done, takes no write meanwhile, and begins again at revision 1', async () => {
    await cloud.control('PUT', 'tune', { operationMs: 400 });
    await createService(clients, cloud, 'again', { template: template(image) });
    const [deletion] = await clients.services.deleteService({ name: nameOf('again') });
    const [twice] = await clients.services.deleteService({ name: nameOf('again') });
    expect(twice.name).toBe(deletion.name);
    await expect(
      clients.services.updateService({ service: { name: nameOf('again'), template: template(image) } }),
    ).rejects.toMatchObject({ code: 9 });
    await deletion.promise();
    await cloud.control('PUT', 'tune', { operationMs: 60 });
    await expect(clients.services.getService({ name: nameOf('again') })).rejects.toMatchObject({ code: 5 });
    const { latestReadyRevision } = await createService(clients, cloud, 'again', { template: template(image) });
    expect(latestReadyRevision).toMatch(/again-00001-/);
  });
});

describe('what is not known of the platform', () => {
  beforeAll(() => createService(clients, cloud, 'named', { template: template(image, { revision: 'named-a' }) }));

  it('names the revision of a target on the latest, or does not', async () => {
    const read = async () => (await clients.services.getService({ name: nameOf('named') }))[0].trafficStatuses;
    expect(await read()).toMatchObject([{ percent: 100, revision: '' }]);
    await cloud.control('PUT', 'world', { latestNamesRevision: true });
    expect(await read()).toMatchObject([{ percent: 100, revision: 'named-a' }]);
  });

  it('shows keys of its own, which it takes back from nobody', async () => {
    await cloud.control('PUT', 'world', { platformKeys: true });
    const [service] = await clients.services.getService({ name: nameOf('named') });
    const [answer] = await clients.services.listServices({ parent: cloud.parent });
    await cloud.control('PUT', 'world', { platformKeys: false });
    expect(Object.keys(service.template?.labels ?? {})).toContain('client.knative.dev/nonce');
    expect(answer.find(({ name }) => name === service.name)?.template).toEqual(service.template);
    await expect(clients.services.updateService({ service })).rejects.toThrow(/not supported in Cloud Run API v2/);
  });

  it('refuses a write beside a template that has a name', async () => {
    await cloud.control('PUT', 'world', { namedTemplateRefused: true });
    const traffic = [to('named-a', 100), latest(0, 'canary')];
    const shifted = updateService(clients, { name: nameOf('named'), traffic }, ['traffic']);
    await expect(shifted).rejects.toMatchObject({
      code: 6,
      details: "Revision named 'named-a' with different configuration already exists.",
    });
    await cloud.control('PUT', 'world', { namedTemplateRefused: false });
    await updateService(clients, { name: nameOf('named'), traffic }, ['traffic']);
  });

  it.each([true, false])('counts a generation that failed as observed: %s', async (failureObserved) => {
    await cloud.control('PUT', 'world', { failureObserved });
    const id = `failing-${failureObserved}`;
    const missing = 'us-central1-docker.pkg.dev/slipway-sandbox/test/none@sha256:' + '0'.repeat(64);
    await expect(createService(clients, cloud, id, { template: template(missing) })).rejects.toThrow(/not found/);
    const [{ reconciling, observedGeneration }] = await clients.services.getService({ name: nameOf(id) });
    expect({ reconciling, observedGeneration }).toEqual({
      reconciling: false,
      observedGeneration: failureObserved ? '1' : '0',
    });
  });

  it('is a value or a name of a world, and no other', async () => {
    await expect(cloud.control('PUT', 'world', { platformKeys: 'yes' })).rejects.toThrow(/platformKeys/);
    await expect(cloud.control('PUT', 'world', { name: 'other' })).rejects.toThrow(/recorded/);
    expect(await cloud.control('PUT', 'world', { name: 'recorded' })).toMatchObject({ latestNamesRevision: false });
  });
});

it('refuses over REST a field that it does not know, in the platform’s words', async () => {
  const body = { template: { containers: [{ image, comand: ['node'] }] }, trafic: [] };
  const answer = await rest<{ error: object }>('POST', `${cloud.parent}/services?serviceId=typo`, body);
  expect(answer.error).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT' });
  const { message } = answer.error as { message: string };
  expect(message).toContain(`Unknown name "comand" at 'service.template.containers[0]': Cannot find field.`);
  expect(message).toContain(`Unknown name "trafic" at 'service': Cannot find field.`);
});
