import { beforeAll, describe, expect, it } from 'vitest';
import type { CloudProcess } from './cloud.ts';
import type { RunClients } from './run-fixtures.ts';
import { addImage, ask, createService, latest, runClients, template, to, updateService } from './run-fixtures.ts';
import { withCloud } from './stage.ts';

let cloud: CloudProcess;
let clients: RunClients;
let v1: string;
let v2: string;
let exits: string;
let deaf: string;
const missing = 'us-central1-docker.pkg.dev/slipway-sandbox/test/none@sha256:' + '0'.repeat(64);

withCloud(async (started) => {
  cloud = started;
  clients = runClients(cloud);
  v1 = await addImage(cloud, 'web', 'v1');
  v2 = await addImage(cloud, 'web', 'v2');
  exits = await addImage(cloud, 'web', 'exits', 'exits');
  deaf = await addImage(cloud, 'web', 'deaf', 'deaf');
});

const nameOf = (id: string): string => `${cloud.parent}/services/${id}`;
const read = async (id: string) => (await clients.services.getService({ name: nameOf(id) }))[0];
const shares = async (id: string) =>
  ((await read(id)).trafficStatuses ?? []).map((each) => [each.revision, each.percent, each.tag]);

describe('a service and its traffic', () => {
  it('serves its first revision, with the defaults of the platform', async () => {
    const created = await createService(clients, cloud, 'first', { template: { containers: [{ image: v1 }] } });
    expect(await ask(created.uri)).toBe('v1');
    const service = await read('first');
    expect(service).toMatchObject({
      reconciling: false,
      generation: '1',
      observedGeneration: '1',
      terminalCondition: { type: 'Ready', state: 'CONDITION_SUCCEEDED' },
    });
    expect(service.conditions?.map((each) => [each.type, each.state])).toEqual([
      ['RoutesReady', 'CONDITION_SUCCEEDED'],
      ['ConfigurationsReady', 'CONDITION_SUCCEEDED'],
    ]);
    expect(service.etag).toMatch(/^"[A-Za-z0-9+/=]+"$/);
    expect(service.template).toMatchObject({
      timeout: { seconds: '300' },
      maxInstanceRequestConcurrency: 80,
      containers: [
        {
          ports: [{ name: 'http1', containerPort: 8080 }],
          resources: { limits: { cpu: '1000m', memory: '512Mi' }, cpuIdle: true },
          startupProbe: { periodSeconds: 240, timeoutSeconds: 240, failureThreshold: 1, tcpSocket: { port: 8080 } },
        },
      ],
    });
    expect(service.latestReadyRevision).toMatch(/\/revisions\/first-00001-[a-z0-9]{3}$/);
    expect(service.trafficStatuses).toMatchObject([{ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', percent: 100 }]);
  });

  it('progresses through its conditions while the operation is pending', async () => {
    await cloud.control('PUT', 'tune', { operationMs: 400 });
    const [operation] = await clients.services.createService({
      parent: cloud.parent,
      serviceId: 'slow',
      service: { template: template(v1) },
    });
    const begun = await read('slow');
    expect(operation.done).toBeFalsy();
    expect(begun).toMatchObject({
      reconciling: true,
      observedGeneration: '0',
      terminalCondition: { state: 'CONDITION_PENDING' },
    });
    await operation.promise();
    expect(await read('slow')).toMatchObject({ reconciling: false, observedGeneration: '1' });
    await cloud.control('PUT', 'tune', { operationMs: 60 });
  });

  it('stages a named revision at 0 % behind a tag, shifts to it, and stays pinned', async () => {
    await createService(clients, cloud, 'staged', { template: template(v1, { revision: 'staged-a' }) });
    await updateService(clients, { name: nameOf('staged'), traffic: [to('staged-a', 100)] }, ['traffic']);
    const staged = await updateService(
      clients,
      {
        name: nameOf('staged'),
        template: template(v2, { revision: 'staged-b' }),
        traffic: [to('staged-a', 100), to('staged-b', 0, 'candidate')],
      },
      ['template', 'traffic'],
    );
    const tagged = (await read('staged')).trafficStatuses?.find((each) => each.tag === 'candidate');
    expect([await ask(staged.uri), await ask(tagged?.uri)]).toEqual(['v1', 'v2']);

    await updateService(clients, { name: nameOf('staged'), traffic: [to('staged-b', 100)] }, ['traffic']);
    expect(await ask(staged.uri)).toBe('v2');
    await expect(fetch(`${tagged?.uri}/`).then((response) => response.status)).resolves.toBe(503);

    await updateService(clients, { name: nameOf('staged'), template: template(v1, { revision: 'staged-c' }) }, [
      'template',
    ]);
    expect(await shares('staged')).toEqual([['staged-b', 100, '']]);
    expect((await read('staged')).latestReadyRevision).toBe(`${nameOf('staged')}/revisions/staged-c`);
    expect(await ask(staged.uri)).toBe('v2');
  });

  it('splits by percent', async () => {
    const { uri } = await createService(clients, cloud, 'split', { template: template(v1, { revision: 'split-a' }) });
    await updateService(
      clients,
      {
        name: nameOf('split'),
        template: template(v2, { revision: 'split-b' }),
        traffic: [to('split-a', 50), to('split-b', 50)],
      },
      ['template', 'traffic'],
    );
    const answers = await Promise.all(Array.from({ length: 80 }, async () => await ask(uri)));
    const second = answers.filter((each) => each === 'v2').length;
    expect(second).toBeGreaterThan(15);
    expect(second).toBeLessThan(65);
  });

  it('makes a revision only for a changed template, and replaces the whole without a mask', async () => {
    await createService(clients, cloud, 'whole', { template: template(v1), labels: { team: 'a' } });
    await updateService(clients, { name: nameOf('whole'), template: template(v1), annotations: { note: 'x' } });
    const service = await read('whole');
    expect(service).toMatchObject({ generation: '2', labels: {}, annotations: { note: 'x' } });
    const [revisions] = await clients.revisions.listRevisions({ parent: nameOf('whole') });
    expect(revisions).toHaveLength(1);
    await updateService(clients, { name: nameOf('whole'), template: { maxInstanceRequestConcurrency: 7 } }, [
      'template.max_instance_request_concurrency',
    ]);
    expect((await read('whole')).template).toMatchObject({
      maxInstanceRequestConcurrency: 7,
      containers: [{ image: v1 }],
    });
    expect((await clients.revisions.listRevisions({ parent: nameOf('whole') }))[0]).toHaveLength(2);
  });

  it('streams bodies and passes requests through', async () => {
    const { uri } = await createService(clients, cloud, 'stream', { template: template(v1) });
    const chunks: string[] = [];
    const response = await fetch(`${uri}/slow`);
    for await (const chunk of response.body ?? []) chunks.push(Buffer.from(chunk).toString());
    expect(chunks).toEqual(['one ', 'two']);
    expect(await (await fetch(`${uri}/echo`, { method: 'POST', body: 'hello' })).text()).toBe('hello');
    const environment = JSON.parse(await ask(uri, '/env')) as Record<string, string>;
    expect(environment).toMatchObject({
      K_SERVICE: 'stream',
      K_CONFIGURATION: 'stream',
      K_REVISION: expect.stringMatching(/^stream-00001-/) as string,
    });
  });

  it('restarts a process that died', async () => {
    const { uri } = await createService(clients, cloud, 'dying', { template: template(v1) });
    await fetch(`${uri}/die`).catch(() => undefined);
    await expect.poll(async () => await ask(uri)).toBe('v1');
  });
});

describe('a revision that cannot serve', () => {
  const failing: [string, () => string, number, RegExp][] = [
    ['gone', () => missing, 5, /Image '.*' not found\./],
    ['exits', () => exits, 9, /failed the configured startup probe checks/],
    ['deaf', () => deaf, 9, /failed the configured startup probe checks/],
  ];
  it.each(failing)('%s: never takes traffic, keeps its name', async (id, image, code, text) => {
    const { uri } = await createService(clients, cloud, id, { template: template(v1) });
    await expect(
      updateService(clients, { name: nameOf(id), template: template(image(), { revision: `${id}-bad` }) }, [
        'template',
      ]),
    ).rejects.toMatchObject({ code, message: expect.stringMatching(text) as string });
    const service = await read(id);
    expect(service.terminalCondition).toMatchObject({ type: 'Ready', state: 'CONDITION_FAILED' });
    expect(service.conditions?.find((each) => each.type === 'RoutesReady')?.state).toBe('CONDITION_SUCCEEDED');
    expect(service.latestCreatedRevision).toMatch(/-bad$/);
    expect(service.latestReadyRevision).not.toMatch(/-bad$/);
    expect(await ask(uri)).toBe('v1');
    const [revision] = await clients.revisions.getRevision({ name: `${nameOf(id)}/revisions/${id}-bad` });
    expect(revision.conditions?.find((each) => each.type === 'Ready')?.state).toBe('CONDITION_FAILED');
    await expect(
      updateService(clients, { name: nameOf(id), traffic: [to(`${id}-bad`, 100)] }, ['traffic']),
    ).rejects.toThrow(/is not ready and cannot serve traffic/);
    expect(await ask(uri)).toBe('v1');
    await expect(
      clients.services.updateService({
        service: { name: nameOf(id), template: template(v2, { revision: `${id}-bad` }) },
        updateMask: { paths: ['template'] },
      }),
    ).rejects.toMatchObject({ code: 6 });
  });

  it('says that nothing listens on its port where it has no probe of its own', async () => {
    await createService(clients, cloud, 'plain', { template: template(v1) });
    await expect(
      updateService(clients, { name: nameOf('plain'), template: { containers: [{ image: exits }] } }, ['template']),
    ).rejects.toThrow(/failed to start and listen on the port defined provided by the PORT=8080/);
  });

  it('is refused where its instances together have more CPU than the quota', async () => {
    await createService(clients, cloud, 'many', { template: template(v1) });
    const containers = [{ image: v1, resources: { limits: { cpu: '4' } } }];
    const scaledTo = (maxInstanceCount: number) =>
      updateService(clients, { name: nameOf('many'), template: { containers, scaling: { maxInstanceCount } } }, [
        'template',
      ]);
    await expect(scaledTo(51)).rejects.toMatchObject({
      code: 3,
      message: expect.stringMatching(/must be set to 50 or fewer[^]*CpuAllocPerProjectRegion requested: 204000/),
    });
    await scaledTo(50);
  });

  it('does not hold up the way back while it is still starting', async () => {
    const { uri } = await createService(clients, cloud, 'waiting', {
      template: template(v1, { revision: 'waiting-a' }),
    });
    await updateService(clients, { name: nameOf('waiting'), template: template(v2, { revision: 'waiting-b' }) }, [
      'template',
    ]);
    await clients.services.updateService({
      service: { name: nameOf('waiting'), template: { revision: 'waiting-c', containers: [{ image: deaf }] } },
      updateMask: { paths: ['template'] },
    });
    await clients.services.updateService({
      service: { name: nameOf('waiting'), traffic: [to('waiting-a', 100)] },
      updateMask: { paths: ['traffic'] },
    });
    await expect.poll(async () => await ask(uri)).toBe('v1');
    const restored = await updateService(
      clients,
      { name: nameOf('waiting'), template: template(v1, { revision: 'waiting-d' }) },
      ['template'],
    );
    expect(restored.terminalCondition).toMatchObject({ type: 'Ready' });
    expect(await read('waiting')).toMatchObject({
      reconciling: false,
      latestReadyRevision: `${nameOf('waiting')}/revisions/waiting-d`,
    });
  });

  it('fails traffic to a revision that is not there', async () => {
    const { uri } = await createService(clients, cloud, 'absent', { template: template(v1) });
    await expect(
      updateService(clients, { name: nameOf('absent'), traffic: [to('absent-x', 100)] }, ['traffic']),
    ).rejects.toThrow("Revision 'absent-x' does not exist or is deleted.");
    expect(await ask(uri)).toBe('v1');
  });
});

describe('refused requests', () => {
  beforeAll(async () => void (await createService(clients, cloud, 'strict', { template: template(v1) })));

  const bad: [string, object, string[] | undefined, RegExp][] = [
    ['percents that do not sum to 100', { traffic: [latest(90)] }, ['traffic'], /sum to 100/],
    ['a tag twice', { traffic: [latest(50, 'a'), latest(50, 'a')] }, ['traffic'], /duplicate traffic tag/],
    ['traffic without a type', { traffic: [{ percent: 100 }] }, ['traffic'], /type: is required/],
    [
      'a revision of another name',
      { template: { revision: 'other-1', containers: [{ image: 'a/b' }] } },
      ['template'],
      /must be prefixed with the service name/,
    ],
    [
      'a revision with too long a name',
      { template: { revision: `strict-${'a'.repeat(60)}`, containers: [{ image: 'a/b' }] } },
      ['template'],
      /at most 63 characters/,
    ],
    ['no image', { template: { containers: [{}] } }, ['template'], /image: is required/],
    [
      'an image of unknown form',
      { template: { containers: [{ image: 'Not An Image' }] } },
      ['template'],
      /Expected an image path/,
    ],
    [
      'a reserved variable',
      { template: { containers: [{ image: 'a/b', env: [{ name: 'PORT', value: '1' }] }] } },
      ['template'],
      /reserved env names were provided: PORT/,
    ],
    ['an unknown mask path', { traffic: [latest(100)] }, ['trafic'], /field path 'trafic' is not known/],
    [
      'an annotation of the platform',
      { annotations: { 'run.googleapis.com/x': '1' } },
      ['annotations'],
      /service.annotations\[run.googleapis.com\/x\]: system annotations are not supported in Cloud Run API v2.$/,
    ],
    ['a label of the platform', { labels: { 'client.knative.dev/nonce': 'x' } }, ['labels'], /system labels are not/],
    ['a label in capitals', { labels: { Team: 'a' } }, ['labels'], /only lowercase letters/],
    ['a key that is none', { annotations: { 'a b': '1' } }, ['annotations'], /must be qualified names/],
    [
      'a tag that is too long beside the name',
      { traffic: [latest(100, 'a'.repeat(41))] },
      ['traffic'],
      /'strict' together are too long. Combined traffic tag and service name cannot exceed 46 characters.$/,
    ],
    [
      'fewer instances at most than at least',
      { template: { scaling: { minInstanceCount: 3, maxInstanceCount: 2 }, containers: [{ image: 'a/b' }] } },
      ['template'],
      /must be greater or equal than min_instance_count/,
    ],
  ];
  it.each(bad)('%s', async (_, service, paths, text) => {
    const before = (await read('strict')).etag;
    await expect(
      clients.services.updateService({ service: { name: nameOf('strict'), ...service }, updateMask: { paths } }),
    ).rejects.toMatchObject({ code: 3, message: expect.stringMatching(text) as string });
    expect((await read('strict')).etag).toBe(before);
  });

  it('a stale etag, with no effect', async () => {
    const { etag } = await read('strict');
    await updateService(clients, { name: nameOf('strict'), labels: { a: 'b' }, etag }, ['labels']);
    await expect(
      clients.services.updateService({
        service: { name: nameOf('strict'), labels: {}, etag },
        updateMask: { paths: ['labels'] },
      }),
    ).rejects.toMatchObject({ code: 10 });
    await expect(clients.services.deleteService({ name: nameOf('strict'), etag })).rejects.toMatchObject({ code: 10 });
    expect(cloud.calls().at(-1)).toMatchObject({
      method: 'google.cloud.run.v2.Services/DeleteService',
      code: 'ABORTED',
      effect: 'none',
      resource: nameOf('strict'),
    });
  });

  it('what is not there, in the platform’s words', async () => {
    await expect(read('nobody')).rejects.toMatchObject({
      code: 5,
      details:
        "Resource 'nobody' of kind 'SERVICE' in region 'us-central1' in project 'slipway-sandbox' does not exist.",
    });
    await expect(
      clients.services.updateService({ service: { name: nameOf('nobody'), template: template(v1) } }),
    ).rejects.toMatchObject({ code: 5 });
  });

  it('upserts with allowMissing, changes nothing with validateOnly, lists by pages', async () => {
    const [dry] = await clients.services.updateService({
      service: { name: nameOf('upsert'), template: template(v1) },
      allowMissing: true,
      validateOnly: true,
    });
    await dry.promise();
    await expect(read('upsert')).rejects.toMatchObject({ code: 5 });
    const [operation] = await clients.services.updateService({
      service: { name: nameOf('upsert'), template: template(v1) },
      allowMissing: true,
    });
    await operation.promise();
    await expect(
      clients.services.createService({
        parent: cloud.parent,
        serviceId: 'upsert',
        service: { template: template(v1) },
      }),
    ).rejects.toMatchObject({ code: 6 });
    const [first, next] = await clients.services.listServices(
      { parent: cloud.parent, pageSize: 2 },
      { autoPaginate: false },
    );
    expect(first).toHaveLength(2);
    expect(next?.pageToken).toBeTruthy();
    const [all] = await clients.services.listServices({ parent: cloud.parent });
    expect(new Set(all.map((each) => each.name)).size).toBe(all.length);
    await expect(
      clients.services.listServices({ parent: cloud.parent, pageToken: 'x' }, { autoPaginate: false }),
    ).rejects.toMatchObject({ code: 3 });
  });

  it('deletes a service with its revisions and its port', async () => {
    const { uri } = await createService(clients, cloud, 'deleted', { template: template(v1) });
    const [operation] = await clients.services.deleteService({ name: nameOf('deleted') });
    const [service] = await operation.promise();
    expect(service.deleteTime).toBeTruthy();
    await expect(fetch(String(uri))).rejects.toThrow();
    expect((await clients.revisions.listRevisions({ parent: nameOf('deleted') }))[0]).toEqual([]);
  });
});
