import type { V1PodSpec } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { prepareJob } from '../../activities/kubernetes/jobs/prepare.ts';
import { objectKey, type Manifest } from '../../activities/kubernetes/manifests/manifest.ts';
import type { Objects } from '../../activities/kubernetes/manifests/objects.ts';
import type { JobObject, WriteContext } from '../../activities/kubernetes/session.ts';
import type { JobReady } from '../../activities/ports/target.ts';
import { artifact, refusalOf } from './overlay-folder.ts';

const namespace = 'shop';
const base64 = (text: string): string => Buffer.from(text).toString('base64');

function configuration(kind: 'ConfigMap' | 'Secret', name: string, data?: Record<string, string>): Manifest {
  return { apiVersion: 'v1', kind, metadata: { name, namespace }, ...(data && { data }) };
}

/** A pod that reads a ConfigMap and a Secret in every way that there is. */
const podSpec: V1PodSpec = {
  imagePullSecrets: [{ name: 'pull' }],
  initContainers: [{ name: 'wait', envFrom: [{ configMapRef: { name: 'settings' } }] }],
  containers: [
    {
      name: 'runtime',
      image: artifact.image,
      env: [
        { name: 'settings', value: 'settings' },
        { name: 'URL', valueFrom: { configMapKeyRef: { name: 'settings', key: 'URL' } } },
        { name: 'KEY', valueFrom: { secretKeyRef: { name: 'keys', key: 'KEY' } } },
        { name: 'OTHER', valueFrom: { secretKeyRef: { name: 'not-in-the-overlay', key: 'KEY' } } },
      ],
      envFrom: [{ configMapRef: { name: 'settings' } }, { secretRef: { name: 'keys' } }],
    },
  ],
  volumes: [
    { name: 'settings', configMap: { name: 'settings' } },
    { name: 'keys', secret: { secretName: 'keys', items: [{ key: 'KEY', path: 'name' }] } },
    { name: 'both', projected: { sources: [{ configMap: { name: 'settings' } }, { secret: { name: 'keys' } }] } },
    { name: 'driver', csi: { driver: 'example.com', nodePublishSecretRef: { name: 'keys' } } },
  ],
};

/** A namespace in memory, in which an older release has left its ConfigMap and its Secret. */
class Namespace {
  readonly stored = new Map<string, Manifest>();
  podSpec = podSpec;
  overlay: Manifest[] = [
    configuration('ConfigMap', 'settings', { URL: 'new' }),
    configuration('Secret', 'keys', { KEY: base64('new') }),
    configuration('Secret', 'pull', { '.dockerconfigjson': base64('{}') }),
    configuration('ConfigMap', 'unread', { URL: 'new' }),
    configuration('ConfigMap', 'filled-by-others'),
  ];

  constructor() {
    this.put(configuration('ConfigMap', 'settings', { URL: 'old' }));
    this.put(configuration('Secret', 'keys', { KEY: base64('old') }));
  }

  put(manifest: Manifest): Manifest {
    const stored = { ...manifest, metadata: { uid: `uid-${this.stored.size}`, ...manifest.metadata } };
    this.stored.set(objectKey(manifest), stored);
    return stored;
  }

  find(kind: string, name: string): Manifest | undefined {
    const apiVersion = kind === 'Job' ? 'batch/v1' : 'v1';
    return this.stored.get(objectKey({ apiVersion, kind, metadata: { name, namespace } }));
  }

  prepare(attempt = 1): Promise<JobReady> {
    const objects: Pick<Objects, 'read' | 'createOrFind'> = {
      read: async (name) => this.stored.get(objectKey(name)),
      createOrFind: async (manifest) => this.stored.get(objectKey(manifest)) ?? this.put(manifest),
    };
    const workload = { kind: 'StatefulSet' as const, name: 'runtime' };
    const marker = { change: 'c1', step: 'sync-job', attempt, fence: { number: 1, sequence: 1 } };
    const write = { objects, target: { namespace, workload }, marker } as unknown as WriteContext;
    const how = { command: ['migrate'], args: [], timeoutSeconds: 30, variables: {}, secrets: {} };
    const repository = { url: 'https://git.example/app.git', branch: 'main' };
    const request = { marker, progress: () => undefined, signal: new AbortController().signal };
    const template = { spec: this.podSpec };
    const set = { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'runtime' }, spec: { template } };
    const rendering = { manifests: [...this.overlay, set], hash: '', workload, namespace, container: 'runtime' };
    return prepareJob(write, { ...request, ...how, repository, artifact, revision: null }, rendering, 'migration');
  }

  async podOf(job: JobReady): Promise<V1PodSpec> {
    const found: JobObject | undefined = this.find('Job', job.job);
    if (!found?.spec?.template.spec) throw new Error(`no Job ${job.job}`);
    return found.spec.template.spec;
  }

  names(): string[] {
    return [...this.stored.values()].map(({ kind, metadata }) => `${kind}/${metadata.name}`).sort();
  }
}

describe('the Job of a new release', () => {
  it('reads what its overlay says, and pods that run go on with what was there', async () => {
    const shop = new Namespace();
    const pod = await shop.podOf(await shop.prepare());
    const [, url, key, other] = pod.containers[0]?.env ?? [];
    const settings = url?.valueFrom?.configMapKeyRef?.name ?? '';
    const keys = key?.valueFrom?.secretKeyRef?.name ?? '';
    const pull = pod.imagePullSecrets?.[0]?.name ?? '';
    expect(shop.find('ConfigMap', settings)).toMatchObject({ data: { URL: 'new' }, immutable: true });
    expect(shop.find('Secret', keys)).toMatchObject({ data: { KEY: base64('new') }, immutable: true });
    expect(shop.find('Secret', pull)).toMatchObject({ data: { '.dockerconfigjson': base64('{}') } });
    expect(other?.valueFrom?.secretKeyRef?.name).toBe('not-in-the-overlay');
    expect(pod.containers[0]?.env?.[0]).toEqual({ name: 'settings', value: 'settings' });

    // No name of the overlay is left: what a Job keeps of the pod reads the copies in each way.
    expect(pod.initContainers?.[0]?.envFrom).toEqual([{ configMapRef: { name: settings } }]);
    expect(pod.containers[0]?.envFrom).toEqual([{ configMapRef: { name: settings } }, { secretRef: { name: keys } }]);
    expect(pod.volumes).toEqual([
      { name: 'settings', configMap: { name: settings } },
      { name: 'keys', secret: { secretName: keys, items: [{ key: 'KEY', path: 'name' }] } },
      { name: 'both', projected: { sources: [{ configMap: { name: settings } }, { secret: { name: keys } }] } },
      { name: 'driver', csi: { driver: 'example.com', nodePublishSecretRef: { name: keys } } },
    ]);

    expect(shop.find('ConfigMap', 'settings')).toMatchObject({ data: { URL: 'old' } });
    expect(shop.find('Secret', 'keys')).toMatchObject({ data: { KEY: base64('old') } });
  });

  it('has copies of what it reads and of nothing else; what others fill is created where it is missing', async () => {
    const shop = new Namespace();
    const before = shop.names();
    const { version, job } = await shop.prepare();
    const made = shop.names().filter((name) => !before.includes(name));
    expect(made).toEqual([
      'ConfigMap/filled-by-others',
      expect.stringMatching(/^ConfigMap\/settings-[0-9a-f]{10}$/),
      `Job/${job}`,
      expect.stringMatching(/^Secret\/keys-[0-9a-f]{10}$/),
      expect.stringMatching(/^Secret\/pull-[0-9a-f]{10}$/),
    ]);
    const owners = made
      .filter((name) => /-[0-9a-f]{10}$/.test(name))
      .map((name) => shop.find(...(name.split('/') as [string, string]))?.metadata['ownerReferences']);
    const owner = [{ apiVersion: 'batch/v1', kind: 'Job', name: job, uid: version }];
    expect(owners).toEqual([owner, owner, owner]);
  });

  it.each([
    ['is new', []],
    ['has another one in the cluster', [{ name: 'former-pull' }]],
  ])('reads the pull secret of an account that %s as the overlay has it', async (_what, former) => {
    const shop = new Namespace();
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'runtime', namespace } };
    if (former.length > 0) shop.put({ ...account, imagePullSecrets: former });
    shop.put(configuration('Secret', 'pull', { '.dockerconfigjson': base64('old') }));
    shop.overlay.push({ ...account, imagePullSecrets: [{ name: 'pull' }] });
    shop.podSpec = { ...podSpec, serviceAccountName: 'runtime', imagePullSecrets: [] };
    const { imagePullSecrets = [] } = await shop.podOf(await shop.prepare());
    expect(imagePullSecrets).toEqual([{ name: expect.stringMatching(/^pull-[0-9a-f]{10}$/) }]);
    expect(shop.find('Secret', imagePullSecrets[0]?.name ?? '')).toMatchObject({
      data: { '.dockerconfigjson': base64('{}') },
    });
    expect(shop.names()).toContain('ServiceAccount/runtime');
  });

  it('is found by a repeat with its copies, those included that an attempt did not get to', async () => {
    const shop = new Namespace();
    const ready = await shop.prepare();
    const all = shop.names();
    expect(await shop.prepare()).toEqual(ready);
    expect(shop.names()).toEqual(all);
    for (const [key, { metadata }] of shop.stored) if (/^keys-/.test(metadata.name)) shop.stored.delete(key);
    expect(await shop.prepare()).toEqual(ready);
    expect(shop.names()).toEqual(all);
  });

  it('of a further attempt has copies of its own, which do not go with those of the first', async () => {
    const shop = new Namespace();
    const names = async (attempt: number) =>
      (await shop.podOf(await shop.prepare(attempt))).containers[0]?.envFrom?.map(
        ({ configMapRef, secretRef }) => (configMapRef ?? secretRef)?.name,
      ) ?? [];
    const [first, second] = [await names(1), await names(2)];
    expect(new Set([...first, ...second]).size).toBe(4);
  });

  it.each([
    ['has other content', { data: { URL: 'of somebody else' } }],
    ['belongs to another Job', { metadata: { ownerReferences: [{ kind: 'Job', name: 'other', uid: 'other' }] } }],
    ['can be changed', { immutable: false }],
  ])('is not run with a copy that %s', async (_how, change) => {
    const shop = new Namespace();
    const pod = await shop.podOf(await shop.prepare());
    const name = pod.containers[0]?.envFrom?.[0]?.configMapRef?.name ?? '';
    const copy = shop.find('ConfigMap', name) as Manifest;
    shop.put({ ...copy, ...change, metadata: { ...copy.metadata, ...('metadata' in change && change.metadata) } });
    expect(await refusalOf(shop.prepare())).toMatchObject({
      type: 'Drifted',
      message: expect.stringContaining(`ConfigMap/${name} is not the copy that Job runtime-migrate`),
    });
  });
});
