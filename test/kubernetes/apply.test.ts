import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { finalFailure } from '../../activities/failure.ts';
import { CallError } from '../../activities/kubernetes/call-error.ts';
import { NoAnswer } from '../../activities/kubernetes/connection.ts';
import { valueAt, type Manifest } from '../../activities/kubernetes/manifests/manifest.ts';
import { applyTo, differenceOf, objectsForFile, renderedFor } from './cluster.ts';
import { refusalOf, statefulSet } from './overlay-folder.ts';

const cluster = objectsForFile();

const config = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }\ndata: { LEVEL: info }\n';
const service = (ports: string) =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: runtime }\nspec: { selector: { app: runtime }, ports: ${ports} }\n`;
const autoscaler = `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: runtime }
spec: { minReplicas: 3, maxReplicas: 9, scaleTargetRef: { apiVersion: apps/v1, kind: StatefulSet, name: runtime } }
`;

/** What people applied by hand, before Slipway did. */
const asPeople = (objects: string): string => objects.replaceAll('image: runtime', 'image: runtime:1');

const runtime = (namespace: string) => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'runtime', namespace },
});
const read = async (namespace: string): Promise<Manifest> => {
  const found = await cluster.objects.read(runtime(namespace));
  if (!found) throw new Error('there is no StatefulSet/runtime');
  return found;
};
const containerOf = (manifest: Manifest): any =>
  (valueAt(manifest, ['spec', 'template', 'spec', 'containers']) as unknown[])[0];
const managersOf = ({ metadata }: Manifest): string[] =>
  (metadata.managedFields ?? [])
    .filter(({ manager }) => manager !== 'kube-controller-manager')
    .map(({ manager, operation }) => `${manager} ${operation}`)
    .sort();

describe('an apply', () => {
  it('creates what is not there, and a repeat writes nothing', async () => {
    const namespace = await cluster.namespace();
    const rendering = await renderedFor(namespace, statefulSet(), config, service('[{ name: http, port: 80 }]'));
    expect(await applyTo(cluster.objects, rendering)).toEqual({
      written: ['ConfigMap/settings', 'Service/runtime', 'StatefulSet/runtime'],
    });
    expect(await applyTo(cluster.objects, rendering)).toEqual({ written: [] });
    const live = await read(namespace);
    expect(live.metadata.annotations).toEqual({ 'slipway.dev/fence': '1.1' });
    expect(managersOf(live)).toEqual(['slipway Apply']);
  });

  it('writes only what differs', async () => {
    const namespace = await cluster.namespace();
    await applyTo(cluster.objects, await renderedFor(namespace, statefulSet(), config));
    const changed = await renderedFor(namespace, statefulSet(), config.replace('info', 'debug'));
    expect(await applyTo(cluster.objects, changed)).toEqual({ written: ['ConfigMap/settings'] });
  });

  it('writes nothing if one object is refused, and names object and field of each', async () => {
    const namespace = await cluster.namespace();
    const typo = statefulSet({ spec: 'replica: 3' });
    const failure = await refusalOf(
      applyTo(cluster.objects, await renderedFor(namespace, typo, config, service('[{ port: 99999 }]'))),
    );
    expect(failure.type).toBe('BadRequest');
    expect(failure.message).toMatch(/dry run of Service\/runtime: .*spec\.ports\[0\]\.port/);
    expect(failure.message).toMatch(/dry run of StatefulSet\/runtime: .*spec\.replica\b/);
    expect(await cluster.kubectl(namespace, ['get', 'configmap', 'settings', '--ignore-not-found'])).toBe('');
  });

  it('is refused where another manager has set a field to another value, and names both (fact 13)', async () => {
    const namespace = await cluster.namespace();
    const rendering = await renderedFor(namespace, statefulSet({ env: '[{ name: A, value: "1" }]' }), config);
    await applyTo(cluster.objects, rendering);
    await cluster.kubectl(namespace, ['set', 'env', 'statefulset/runtime', 'A=2', '--field-manager=kubectl-edit']);
    const debug = config.replace('info', 'debug');
    const later = await renderedFor(namespace, debug, statefulSet({ env: '[{ name: A, value: "1" }]' }));
    const failure = await refusalOf(applyTo(cluster.objects, later));
    expect(failure.type).toBe('Contested');
    expect(failure.message).toMatch(
      /^kubectl-edit has set \.spec\.template\.spec\.containers\[name="runtime"\]\.env\[name="A"\]\.value of StatefulSet\/runtime/,
    );
    expect(await cluster.kubectl(namespace, ['get', 'configmap', 'settings', '-o', 'jsonpath={.data}'])).toBe(
      '{"LEVEL":"info"}',
    );
  });

  it('shares a field that another manager has set to the same value (fact 13)', async () => {
    const namespace = await cluster.namespace();
    await applyTo(cluster.objects, await renderedFor(namespace, statefulSet({ env: '[{ name: A, value: "1" }]' })));
    await cluster.kubectl(namespace, ['set', 'env', 'statefulset/runtime', 'A=2', '--field-manager=kubectl-edit']);
    await applyTo(cluster.objects, await renderedFor(namespace, statefulSet({ env: '[{ name: A, value: "2" }]' })));
    expect(containerOf(await read(namespace)).env).toEqual([{ name: 'A', value: '2' }]);
  });
});

describe('the fence of an apply (invariant I3)', () => {
  it('refuses it before anything is written', async () => {
    const namespace = await cluster.namespace();
    await applyTo(cluster.objects, await renderedFor(namespace, statefulSet(), config));
    const later = await renderedFor(namespace, statefulSet(), config.replace('info', 'debug'));
    const authorize = () => {
      throw finalFailure('StaleFence', 'a newer write is recorded');
    };
    expect(await refusalOf(applyTo(cluster.objects, later, { authorize }))).toMatchObject({ type: 'StaleFence' });
    expect(await cluster.kubectl(namespace, ['get', 'configmap', 'settings', '-o', 'jsonpath={.data.LEVEL}'])).toBe(
      'info',
    );
  });

  it('is checked again after somebody wrote the workload in between', async () => {
    const namespace = await cluster.namespace();
    await applyTo(cluster.objects, await renderedFor(namespace, statefulSet()));
    const asked: (string | undefined)[] = [];
    const authorize = (live: Manifest | undefined) => {
      asked.push(live?.metadata.annotations?.['example.com/note']);
      if (asked.length === 1) return 'writable' as const;
      throw finalFailure('StaleFence', 'a newer write is recorded');
    };
    const objects = {
      ...cluster.objects,
      read: async (...args: Parameters<typeof cluster.objects.read>) => cluster.objects.read(...args),
      apply: async (...args: Parameters<typeof cluster.objects.apply>) => {
        const answer = await cluster.objects.apply(...args);
        if (args[1].dryRun && asked.length === 1)
          await cluster.kubectl(namespace, ['annotate', 'statefulset/runtime', 'example.com/note=mine']);
        return answer;
      },
    };
    const later = await renderedFor(namespace, statefulSet({ spec: 'replicas: 2' }));
    expect(await refusalOf(applyTo(objects, later, { authorize }))).toMatchObject({ type: 'StaleFence' });
    expect(asked).toEqual([undefined, 'mine']);
  });

  it('starts again with the version that is there now, if the fence lets it', async () => {
    const namespace = await cluster.namespace();
    await applyTo(cluster.objects, await renderedFor(namespace, statefulSet()));
    let interfered = false;
    const objects = {
      ...cluster.objects,
      apply: async (...args: Parameters<typeof cluster.objects.apply>) => {
        if (!args[1].dryRun && !interfered) {
          interfered = true;
          await cluster.kubectl(namespace, ['annotate', 'statefulset/runtime', 'example.com/note=mine']);
        }
        return cluster.objects.apply(...args);
      },
    };
    let checks = 0;
    const authorize = () => {
      checks += 1;
      return 'writable' as const;
    };
    const later = await renderedFor(namespace, statefulSet({ spec: 'replicas: 2' }));
    expect(await applyTo(objects, later, { authorize })).toEqual({ written: ['StatefulSet/runtime'] });
    expect(checks).toBe(4);
    expect(valueAt(await read(namespace), ['spec', 'replicas'])).toBe(2);
  });

  it('leaves a workload that records this very write as it is, and writes the others', async () => {
    const namespace = await cluster.namespace();
    await applyTo(cluster.objects, await renderedFor(namespace, statefulSet()));
    const later = await renderedFor(namespace, statefulSet({ spec: 'replicas: 2' }), config);
    expect(await applyTo(cluster.objects, later, { authorize: () => 'ours' })).toEqual({
      written: ['ConfigMap/settings'],
    });
  });

  it('is found again after the answer to the write was lost (invariant I1)', async () => {
    const namespace = await cluster.namespace();
    const rendering = await renderedFor(namespace, statefulSet());
    let sent = 0;
    const objects = {
      ...cluster.objects,
      apply: async (...args: Parameters<typeof cluster.objects.apply>) => {
        const answer = await cluster.objects.apply(...args);
        if (args[1].dryRun) return answer;
        sent += 1;
        throw CallError.ofSilence('apply', new NoAnswer(new Error('socket hang up')));
      },
    };
    expect(await applyTo(objects, rendering)).toEqual({ written: [] });
    expect(sent).toBe(1);
  });
});

describe('an environment that was released by kubectl apply before', () => {
  it('is taken over: fields that the overlay lacks go, and nothing of kubectl stays (facts 11 and 12)', async () => {
    const namespace = await cluster.namespace();
    const old = statefulSet({ env: '[{ name: A, value: "1" }, { name: OLD, value: "1" }]' });
    await cluster.kubectl(namespace, ['apply', '-f', '-'], asPeople(old));
    await applyTo(cluster.objects, await renderedFor(namespace, statefulSet({ env: '[{ name: A, value: "2" }]' })));
    const live = await read(namespace);
    expect(containerOf(live).env).toEqual([{ name: 'A', value: '2' }]);
    expect(managersOf(live)).toEqual(['slipway Apply']);
    expect(live.metadata.annotations).toEqual({ 'slipway.dev/fence': '1.1' });
  });

  it('is taken over although the same call of a worker that died arrives right before ours', async () => {
    const namespace = await cluster.namespace();
    await cluster.kubectl(namespace, ['apply', '-f', '-'], asPeople(statefulSet()));
    let arrived = false;
    const objects = {
      ...cluster.objects,
      patch: async (...args: Parameters<typeof cluster.objects.patch>) => {
        if (!args[2]?.dryRun && !arrived) {
          arrived = true;
          await cluster.objects.patch(...args);
        }
        return cluster.objects.patch(...args);
      },
    };
    expect(await applyTo(objects, await renderedFor(namespace, statefulSet()))).toEqual({
      written: ['StatefulSet/runtime'],
    });
    expect(managersOf(await read(namespace))).toEqual(['slipway Apply']);
  });

  it('is taken over once: whoever applies by hand later on is a stranger', async () => {
    const namespace = await cluster.namespace();
    const objects = statefulSet({ env: '[{ name: A, value: "1" }]' });
    await cluster.kubectl(namespace, ['apply', '-f', '-'], asPeople(objects));
    await applyTo(cluster.objects, await renderedFor(namespace, objects));
    await cluster.kubectl(namespace, ['apply', '-f', '-'], asPeople(objects).replace('"1"', '"3"'));
    const failure = await refusalOf(applyTo(cluster.objects, await renderedFor(namespace, objects)));
    expect(failure).toMatchObject({
      type: 'Contested',
      message: expect.stringMatching(/kubectl-client-side-apply has set/),
    });
  });

  it('can have a named port renumbered (fact 16)', async () => {
    const namespace = await cluster.namespace();
    const ports = (port: number) => [
      statefulSet({ ports: `[{ name: http, containerPort: ${port} }]` }),
      service(`[{ name: http, port: ${port} }]`),
    ];
    await cluster.kubectl(namespace, ['apply', '-f', '-'], asPeople(ports(4000).join('---\n')));
    const renumbered = await renderedFor(namespace, ...ports(4001));
    const { text } = await differenceOf(cluster.objects, renumbered);
    expect(text).toMatch(/- .*containerPort: 4000\n\+ .*containerPort: 4001/);
    await applyTo(cluster.objects, renumbered);
    expect(containerOf(await read(namespace)).ports).toMatchObject([{ name: 'http', containerPort: 4001 }]);
    await applyTo(cluster.objects, await renderedFor(namespace, ...ports(4002)));
    expect(containerOf(await read(namespace)).ports).toMatchObject([{ name: 'http', containerPort: 4002 }]);
  });

  it('can have had an env name twice (fact 15)', async () => {
    const namespace = await cluster.namespace();
    const twice = statefulSet({ env: '[{ name: A, value: "1" }, { name: A, value: "2" }]' });
    await cluster.kubectl(namespace, ['apply', '-f', '-'], asPeople(twice));
    await applyTo(cluster.objects, await renderedFor(namespace, statefulSet({ env: '[{ name: A, value: "3" }]' })));
    expect(containerOf(await read(namespace)).env).toEqual([{ name: 'A', value: '3' }]);
  });
});

describe('the audit log of the cluster', () => {
  it('has no apply of ours that takes fields of others, and none by another name (fact 13)', async () => {
    const namespace = await cluster.namespace();
    await applyTo(cluster.objects, await renderedFor(namespace, statefulSet(), config));
    const lines = (await readFile(cluster.auditLog, 'utf8')).split('\n').filter((line) => line !== '');
    const patches = lines
      .map((line): any => JSON.parse(line))
      .filter(({ objectRef }) => cluster.namespaces.includes(objectRef?.namespace))
      .filter(({ verb, userAgent }) => verb === 'patch' && userAgent.startsWith('slipway'))
      .map(({ requestURI }) => new URL(requestURI as string, 'https://cluster').searchParams)
      .filter((query) => query.get('dryRun') === null);
    expect(patches.length).toBeGreaterThan(0);
    for (const query of patches) {
      expect(query.get('fieldManager')).toBe('slipway');
      expect(query.get('force') ?? 'false').toBe('false');
    }
  });
});

describe('what we changed by a patch, such as a restored template', () => {
  it('is no conflict for the next apply', async () => {
    const namespace = await cluster.namespace();
    const rendering = await renderedFor(namespace, statefulSet({ env: '[{ name: A, value: "1" }]' }));
    await applyTo(cluster.objects, rendering);
    const path = '/spec/template/spec/containers/0/env/0/value';
    await cluster.objects.patch(runtime(namespace), [{ op: 'replace', path, value: 'restored' }]);
    await applyTo(cluster.objects, rendering);
    const live = await read(namespace);
    expect(containerOf(live).env).toEqual([{ name: 'A', value: '1' }]);
    expect(managersOf(live)).toEqual(['slipway Apply']);
  });
});

describe('a workload with an autoscaler (fact 14)', () => {
  const scaled = statefulSet({ spec: 'replicas: 2' });
  const replicasOf = async (namespace: string) => valueAt(await read(namespace), ['spec', 'replicas']);
  const scale = (namespace: string, replicas: number) =>
    cluster.kubectl(namespace, ['scale', 'statefulset/runtime', `--replicas=${replicas}`]);

  it('keeps its replicas when the autoscaler comes with the overlay, although we set them before', async () => {
    const namespace = await cluster.namespace();
    await applyTo(cluster.objects, await renderedFor(namespace, scaled));
    expect(await replicasOf(namespace)).toBe(2);
    const bodies: Manifest[] = [];
    const objects = {
      ...cluster.objects,
      apply: (...args: Parameters<typeof cluster.objects.apply>) => {
        bodies.push(args[0]);
        return cluster.objects.apply(...args);
      },
    };
    await applyTo(objects, await renderedFor(namespace, scaled, autoscaler));
    expect(await replicasOf(namespace)).toBe(2);
    expect(bodies.map((body) => valueAt(body, ['spec', 'replicas'])).filter((sent) => sent !== undefined)).toEqual([]);
    await scale(namespace, 5);
    expect(await applyTo(cluster.objects, await renderedFor(namespace, scaled, autoscaler))).toEqual({ written: [] });
    await applyTo(
      cluster.objects,
      await renderedFor(namespace, statefulSet({ spec: 'minReadySeconds: 1' }), autoscaler),
    );
    expect(await replicasOf(namespace)).toBe(5);
  });

  it('keeps them when it was applied by kubectl before, and somebody else made the autoscaler', async () => {
    const namespace = await cluster.namespace();
    await cluster.kubectl(namespace, ['apply', '-f', '-'], asPeople(`${scaled}---\n${autoscaler}`));
    await scale(namespace, 6);
    await applyTo(cluster.objects, await renderedFor(namespace, scaled));
    expect(await replicasOf(namespace)).toBe(6);
  });

  it('has the replicas of the overlay again when the autoscaler is gone', async () => {
    const namespace = await cluster.namespace();
    await applyTo(cluster.objects, await renderedFor(namespace, scaled));
    await applyTo(cluster.objects, await renderedFor(namespace, scaled, autoscaler));
    await cluster.kubectl(namespace, ['delete', 'hpa', 'runtime']);
    await applyTo(cluster.objects, await renderedFor(namespace, statefulSet({ spec: 'replicas: 4' })));
    expect(await replicasOf(namespace)).toBe(4);
  });
});
