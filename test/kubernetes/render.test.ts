import { describe, expect, it } from 'vitest';
import { renderCommit } from '../../activities/kubernetes/manifests/render.ts';
import { describeObject, valueAt, type Manifest } from '../../activities/kubernetes/manifests/manifest.ts';
import { artifact, marker, overlay, prod, refusalOf, render, statefulSet, withFolder } from './overlay-folder.ts';

const published = {
  'deploy/k8s/base/kustomization.yaml': `
resources: [set.yaml, service.yaml, policy.yaml]
configMapGenerator:
  - { name: runtime, literals: [LOG_LEVEL=info, 'PORT=0800'] }
secretGenerator:
  - { name: runtime, literals: [TOKEN=not-a-real-one] }
labels:
  - { pairs: { app.kubernetes.io/part-of: shop } }
`,
  'deploy/k8s/base/set.yaml': statefulSet({
    spec: 'replicas: 3',
    env: '[{ name: A, valueFrom: { configMapKeyRef: { name: runtime, key: LOG_LEVEL } } }]',
    pod: 'volumes: [{ name: token, secret: { secretName: runtime, defaultMode: 0440 } }]',
  }),
  'deploy/k8s/base/service.yaml': `
apiVersion: v1
kind: Service
metadata: { name: runtime }
spec: { selector: { app: runtime }, ports: [{ name: http, port: 80, targetPort: 4000 }] }
`,
  'deploy/k8s/base/policy.yaml': `
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: runtime }
spec: { maxUnavailable: 1, selector: { matchLabels: { app: runtime } } }
`,
  'deploy/k8s/components/scaled/kustomization.yaml': `
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
resources: [autoscaler.yaml]
`,
  'deploy/k8s/components/scaled/autoscaler.yaml': `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: runtime }
spec: { minReplicas: 3, maxReplicas: 9, scaleTargetRef: { apiVersion: apps/v1, kind: StatefulSet, name: runtime } }
`,
  'deploy/k8s/overlays/prod/kustomization.yaml': `
namespace: shop
resources: [../../base, namespace.yaml]
components: [../../components/scaled]
images: [{ name: runtime, newName: registry.example.com/old/runtime, newTag: latest }]
patches:
  - path: memory.yaml
  - target: { kind: StatefulSet }
    patch: |-
      - { op: replace, path: /spec/replicas, value: 5 }
`,
  'deploy/k8s/overlays/prod/namespace.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n',
  'deploy/k8s/overlays/prod/memory.yaml': `
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: runtime }
spec: { template: { spec: { containers: [{ name: runtime, resources: { limits: { memory: 1Gi } } }] } } }
`,
};
const publishedImage = { image: 'registry.example.com/old/runtime' };

const containerOf = (set: Manifest | undefined) => valueAt(set, ['spec', 'template', 'spec', 'containers']) as any[];
const setOf = (manifests: Manifest[]) => manifests.find(({ kind }) => kind === 'StatefulSet');

describe('an overlay of bases, components, patches and generators', () => {
  it('is rendered by kustomize, in the order in which it is applied, the image pinned to the digest', async () => {
    const { manifests, container } = await render(published, publishedImage);
    expect(manifests.map(describeObject)).toEqual([
      'Namespace/shop',
      expect.stringMatching(/^Secret\/runtime-[a-z0-9]{10}$/),
      expect.stringMatching(/^ConfigMap\/runtime-[a-z0-9]{10}$/),
      'Service/runtime',
      'StatefulSet/runtime',
      'HorizontalPodAutoscaler/runtime',
      'PodDisruptionBudget/runtime',
    ]);
    expect(container).toBe('runtime');
    const set = setOf(manifests);
    expect(containerOf(set)[0]).toMatchObject({ image: artifact.image, resources: { limits: { memory: '1Gi' } } });
    expect(valueAt(set, ['spec', 'replicas'])).toBe(5);
    const [secret, config] = manifests.slice(1);
    expect(containerOf(set)[0].env[0].valueFrom.configMapKeyRef.name).toBe(config?.metadata.name);
    // Octal numbers and texts that look like numbers stay what they are.
    const volumes = valueAt(set, ['spec', 'template', 'spec', 'volumes']);
    expect(volumes).toEqual([{ name: 'token', secret: { secretName: secret?.metadata.name, defaultMode: 0o440 } }]);
    expect(config?.data).toEqual({ LOG_LEVEL: 'info', PORT: '0800' });
  });

  it('gives only the pods of the workload the commit and the change', async () => {
    const { manifests } = await render(published, publishedImage);
    const own = {
      'slipway.dev/commit': artifact.commit,
      'slipway.dev/change': marker.change,
      'slipway.dev/attempt': '1',
    };
    expect(valueAt(setOf(manifests), ['spec', 'template', 'metadata', 'annotations'])).toEqual(own);
    expect(setOf(manifests)?.metadata.annotations).toBeUndefined();
    for (const { kind, metadata } of manifests)
      if (kind !== 'StatefulSet') expect(metadata.annotations).toBeUndefined();
  });

  it('has the same hash for every change, and another for another image', async () => {
    const first = await render(published, publishedImage);
    const again = await render(published, { ...publishedImage, marker: { change: 'c9999999999', attempt: 2 } });
    const digest = `sha256:${'2b'.repeat(32)}`;
    const other = await render(published, { ...publishedImage, artifact: { ...artifact, digest } });
    expect(again.hash).toBe(first.hash);
    expect(other.hash).not.toBe(first.hash);
  });

  it('is rendered of a commit, whose folder is gone afterwards', async () => {
    let closed = 0;
    const installed = new Set<string>();
    const { manifests } = await withFolder(published, (folder) => {
      const checkout = async () => ({ folder, mirror: null, installed, close: async () => void (closed += 1) });
      return renderCommit({ checkout }, { url: 'https://example.com/shop.git', branch: 'main' }, artifact.commit, {
        ...prod,
        ...publishedImage,
      });
    });
    expect([manifests.length, closed]).toEqual([7, 1]);
  });
});

describe('what kustomize refuses', () => {
  it('is told in one line, without the folders of this machine', async () => {
    const failure = await refusalOf(
      render({ 'deploy/k8s/overlays/prod/kustomization.yaml': 'resources: [nowhere.yaml]' }),
    );
    expect(failure).toMatchObject({ type: 'BadRequest', nonRetryable: true });
    expect(failure.message).toMatch(/^kustomize of deploy\/k8s\/overlays\/prod: [^\n]*nowhere\.yaml/);
    expect(failure.message).not.toMatch(/\/tmp|slipway-(overlay|checkout)/);
  });

  it('is an overlay that does not exist, or is outside of the repository', async () => {
    expect(await refusalOf(render({ 'README.md': '' }))).toMatchObject({ type: 'BadRequest' });
    const outside = await refusalOf(render({ 'README.md': '' }, { overlay: '../somewhere' }));
    expect(outside.message).toBe('overlay ../somewhere is outside of the repository');
  });

  it('is an object without a name of its own', async () => {
    const nameless = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { generateName: a- }\n';
    expect((await refusalOf(render(overlay(nameless)))).message).toMatch(/missing metadata\.name/);
  });

  it('is a worker without kubectl', async () => {
    process.env.SLIPWAY_KUBECTL = '/nowhere/kubectl';
    try {
      const failure = await refusalOf(render(overlay(statefulSet())));
      expect(failure).toMatchObject({ type: 'Missing', message: expect.stringMatching(/SLIPWAY_KUBECTL/) });
    } finally {
      delete process.env.SLIPWAY_KUBECTL;
    }
  });
});

describe('an overlay that cannot be released', () => {
  const problemsOf = async (objects: string, change = {}) => {
    const failure = await refusalOf(render(overlay(objects), change));
    expect(failure.type).toBe('BadRequest');
    return failure.message.replace(/^overlay [^:]*: /, '').split('; ');
  };

  it('has all its problems named at once', async () => {
    const objects = [
      statefulSet({
        spec: 'revisionHistoryLimit: 0',
        env: '[{ name: A, value: "1" }, { name: B, value: "2" }, { name: A, value: "3" }]',
        annotations: 'slipway.dev/fence: "9.9"',
      }),
      'apiVersion: batch/v1\nkind: Job\nmetadata: { name: seed }\nspec: { template: { spec: {} } }',
      'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: { name: reader }\nrules: []',
    ].join('\n---\n');
    const found = await problemsOf(objects);
    expect(found).toHaveLength(5);
    for (const problem of [
      /^StatefulSet\/runtime spec\.revisionHistoryLimit: must be more than 0/,
      /^StatefulSet\/runtime metadata\.annotations\.slipway\.dev\/fence: is written by Slipway only$/,
      /^StatefulSet\/runtime spec\.template\.spec\.containers\[runtime\]\.env: has A 2 times \(deploy\/k8s\/overlays\/prod\/objects\.yaml:14\)$/,
      /^ClusterRole\/reader: belongs to the whole cluster/,
      /^Job\/seed: is a Job/,
    ])
      expect(found).toContainEqual(expect.stringMatching(problem));
  });

  it('lacks the workload', async () => {
    const other = statefulSet().replace('name: runtime, ann', 'name: other, ann');
    expect(await problemsOf(other)).toEqual([
      'StatefulSet/runtime: is not in the overlay, which has StatefulSet/other',
    ]);
  });

  it('has no container with the image that is replaced, or not the container of the catalog', async () => {
    expect(await problemsOf(statefulSet(), { image: 'web' })).toEqual([
      'StatefulSet/runtime spec.template.spec.containers: no container has the image web: runtime (runtime)',
    ]);
    expect(await problemsOf(statefulSet(), { container: 'web' })).toEqual([
      expect.stringMatching(/containers: container web does not have the image runtime: runtime \(registry/),
    ]);
  });

  it('has two containers with the image, until the catalog says which one is meant', async () => {
    const two = statefulSet({ containers: '- { name: worker, image: runtime }' });
    expect(await problemsOf(two)).toEqual([
      expect.stringMatching(/containers: runtime and worker have the image runtime: say in the catalog/),
    ]);
    expect((await render(overlay(two), { container: 'worker' })).container).toBe('worker');
  });

  it('has an object of another namespace', async () => {
    const files = overlay(
      `${statefulSet()}---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, namespace: web }\n`,
    );
    const place = 'deploy/k8s/overlays/prod/kustomization.yaml';
    const failure = await refusalOf(render({ ...files, [place]: 'resources: [objects.yaml]' }));
    expect(failure.message).toMatch(/: ConfigMap\/a: is of namespace web, and the environment is shop$/);
  });

  it('has an env name or a port twice, which server-side apply refuses (facts 15 and 16)', async () => {
    const ports = '[{ name: a, containerPort: 80 }, { name: b, containerPort: 80, protocol: TCP }]';
    const mixed = '[{ containerPort: 80, protocol: UDP }, { containerPort: 80 }]';
    expect(await problemsOf(statefulSet({ ports }))).toEqual([
      'StatefulSet/runtime spec.template.spec.containers[runtime].ports: has 80/TCP 2 times ' +
        '(deploy/k8s/overlays/prod/objects.yaml:14)',
    ]);
    expect(await render(overlay(statefulSet({ ports: mixed })))).toMatchObject({ container: 'runtime' });
  });

  it('has the lines named on which something is twice, in whichever file of it they are', async () => {
    const files = {
      'ops/prod/kustomization.yaml': 'namespace: shop\nnamePrefix: eu-\nresources: [../base]\n',
      'ops/base/Kustomization': 'resources: [parts/set.yaml, parts/service.yaml]\n',
      'ops/base/parts/service.yaml': `
apiVersion: v1
kind: Service
metadata: { name: runtime }
spec:
  ports:
    - { name: http, port: 80 }
    - { name: http, port: 81 }
`,
      'ops/base/parts/set.yaml': `# who reads it
${statefulSet({
  env: '[{ name: A, value: "1" },\n            { name: A, value: "2" }]',
  containers: '- { name: side, image: side, env: [{ name: A, value: "1" }] }',
})}`,
    };
    const set = files['ops/base/parts/set.yaml'].split('\n');
    const [first = 0, second = 0] = set.flatMap((line, index) => (line.includes('name: A, value') ? [index + 1] : []));
    const change = { overlay: 'ops/prod', workload: { kind: 'StatefulSet' as const, name: 'eu-runtime' } };
    expect((await refusalOf(render(files, change))).message.replace('overlay ops/prod: ', '').split('; ')).toEqual([
      'Service/eu-runtime spec.ports: has http 2 times (ops/base/parts/service.yaml:7, ops/base/parts/service.yaml:8)',
      'StatefulSet/eu-runtime spec.template.spec.containers[runtime].env: has A 2 times ' +
        `(ops/base/parts/set.yaml:${first}, ops/base/parts/set.yaml:${second})`,
    ]);
  });

  it('has what the catalog leaves out: it is not applied, and no problem', async () => {
    const objects = [
      statefulSet(),
      'apiVersion: batch/v1\nkind: Job\nmetadata: { name: seed }\nspec: { template: { spec: {} } }',
      'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: { name: reader }\nrules: []',
    ].join('\n---\n');
    const { manifests } = await render(overlay(objects), { leaveOut: ['Job/seed', 'ClusterRole/reader'] });
    expect(manifests.map(({ kind }) => kind)).toEqual(['StatefulSet']);
  });

  it('has a Job as the pattern of migrations, which is not applied and has the image that is released', async () => {
    const podOf = (image: string) => `{ template: { spec: { containers: [{ name: up, image: ${image} }] } } }`;
    const jobOf = (image: string) =>
      `apiVersion: batch/v1\nkind: Job\nmetadata: { name: migrate }\nspec: ${podOf(image)}`;
    const objects = (image: string) => overlay(`${statefulSet()}---\n${jobOf(image)}`);
    const { manifests, migration } = await render(objects('runtime'), { migrationJob: 'migrate' });
    expect(manifests.map(({ kind }) => kind)).toEqual(['StatefulSet']);
    expect(migration).toMatchObject({ container: 'up', job: { metadata: { name: 'migrate', namespace: 'shop' } } });
    const refusal = await refusalOf(render(objects('migrator'), { migrationJob: 'migrate' }));
    expect(refusal.message).toMatch(
      /Job\/migrate spec\.template\.spec\.containers: no container has the image runtime/,
    );
  });

  it('has a Job, which is immutable (fact 19)', async () => {
    const job = 'apiVersion: batch/v1\nkind: Job\nmetadata: { name: seed }\nspec: { template: { spec: {} } }';
    expect(await problemsOf(`${statefulSet()}---\n${job}`)).toEqual([expect.stringMatching(/^Job\/seed: is a Job/)]);
  });

  it('keeps no history of revisions (fact 10)', async () => {
    expect(await problemsOf(statefulSet({ spec: 'revisionHistoryLimit: 0' }))).toHaveLength(1);
    await render(overlay(statefulSet({ spec: 'revisionHistoryLimit: 1' })));
  });
});
