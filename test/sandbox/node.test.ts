import { describe, expect, test } from 'vitest';
import { eventually } from '../until.ts';
import { ownClusterForFile } from './own-cluster.ts';
import { container, holds, httpProbe, isReady, job, pod, serverFiles, shell, waitingReason } from './pods.ts';

const cluster = ownClusterForFile();

const setUp = async (): Promise<{ namespace: string; image: string }> => ({
  namespace: await cluster.namespace(),
  image: await cluster.image('server', serverFiles),
});

describe('a pod that runs', () => {
  test('is ready when its probe passes, and names its image by digest', async () => {
    const { namespace, image } = await setUp();
    await cluster.create(pod(namespace, 'web', container(image, { readinessProbe: httpProbe })));
    const { spec, status } = await cluster.pod(namespace, 'web', isReady);
    expect(spec?.nodeName).toBe('slipway-node');
    expect(status).toMatchObject({ phase: 'Running', podIP: expect.stringMatching(/^127\./) });
    expect(status?.containerStatuses?.[0]).toMatchObject({
      imageID: image,
      ready: true,
      started: true,
      restartCount: 0,
    });
    expect(await (await fetch(`http://${status?.podIP}:4100/name`)).text()).toBe('web');
  });

  test('sees variables and files from ConfigMaps, Secrets and itself', async () => {
    const { namespace, image } = await setUp();
    await cluster.create(
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { namespace, name: 'settings' },
        data: { LEVEL: 'high', 'a.txt': 'A' },
      },
      { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name: 'login' }, stringData: { PASSWORD: 'hidden' } },
      pod(
        namespace,
        'web',
        container(image, {
          readinessProbe: httpProbe,
          envFrom: [{ configMapRef: { name: 'settings' }, prefix: 'APP_' }],
          env: [
            { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'login', key: 'PASSWORD' } } },
            { name: 'ABSENT', valueFrom: { secretKeyRef: { name: 'login', key: 'ABSENT', optional: true } } },
            { name: 'WHERE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
            { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
            { name: 'BIND', value: '$(POD_IP):4100' },
            { name: 'FILE', value: '/etc/settings/a.txt' },
          ],
          volumeMounts: [{ name: 'settings', mountPath: '/etc/settings' }],
        }),
        { volumes: [{ name: 'settings', configMap: { name: 'settings' } }] },
      ),
    );
    const { status } = await cluster.pod(namespace, 'web', isReady);
    const read = async (path: string): Promise<string> => (await fetch(`http://${status?.podIP}:4100${path}`)).text();
    expect(JSON.parse(await read('/env'))).toMatchObject({
      ...{ APP_LEVEL: 'high', PASSWORD: 'hidden', WHERE: namespace, POD_IP: status?.podIP, HOSTNAME: 'web' },
    });
    expect(JSON.parse(await read('/env'))).not.toHaveProperty('ABSENT');
    expect(await read('/file')).toBe('A');
  });

  test('ends by SIGTERM within its grace, and its object goes', async () => {
    const { namespace, image } = await setUp();
    const app = container(image, { readinessProbe: httpProbe, env: [{ name: 'DRAIN_MS', value: '1000' }] });
    await cluster.create(pod(namespace, 'web', app));
    await cluster.pod(namespace, 'web', isReady);
    const { stdout } = await cluster.kubectl('delete', 'pod', '-n', namespace, 'web');
    expect(stdout).toContain('deleted');
    const log = await auditOf(`/namespaces/${namespace}/pods/web`, 'delete');
    expect(log).toEqual(['admin', 'system:node:slipway-node']);
  });

  test('is killed when its grace is over', async () => {
    const { namespace, image } = await setUp();
    const app = shell(image, 'trap "" TERM; echo up; while :; do sleep 0.2; done');
    await cluster.create(pod(namespace, 'stubborn', app, { terminationGracePeriodSeconds: 1 }));
    await cluster.pod(namespace, 'stubborn', isReady);
    const begin = Date.now();
    await cluster.kubectl('delete', 'pod', '-n', namespace, 'stubborn');
    expect(Date.now() - begin).toBeGreaterThan(1000);
  });
});

describe('a pod that ends', () => {
  test('has succeeded with exit code 0, and failed with any other', async () => {
    const { namespace, image } = await setUp();
    await cluster.create(
      pod(namespace, 'good', shell(image, 'exit 0'), { restartPolicy: 'Never' }),
      pod(namespace, 'bad', shell(image, 'exit 3'), { restartPolicy: 'Never' }),
      // Kubernetes makes one `$` of two.
      pod(namespace, 'killed', shell(image, 'kill -9 $$$$'), { restartPolicy: 'Never' }),
      pod(namespace, 'absent', container(image, { command: ['/no/such/program'] }), { restartPolicy: 'Never' }),
    );
    const endOf = async (name: string, phase: string) => {
      const ended = await cluster.pod(namespace, name, ({ status }) => status?.phase === phase);
      return ended.status?.containerStatuses?.[0]?.state?.terminated;
    };
    expect(await endOf('good', 'Succeeded')).toMatchObject({ exitCode: 0, reason: 'Completed' });
    expect(await endOf('bad', 'Failed')).toMatchObject({ exitCode: 3, reason: 'Error' });
    expect(await endOf('killed', 'Failed')).toMatchObject({ exitCode: 137, reason: 'Error' });
    expect(await endOf('absent', 'Failed')).toMatchObject({ exitCode: 128, reason: 'StartError' });
  });

  test('completes or fails its Job', async () => {
    const { namespace, image } = await setUp();
    await cluster.create(
      job(namespace, 'good', shell(image, 'echo migrated')),
      job(namespace, 'bad', shell(image, 'echo broken >&2; exit 1')),
    );
    const conditions = async (name: string, type: string) =>
      eventually(`job ${name} to be ${type}`, async () => {
        const { status } = await cluster.batch.readNamespacedJob({ namespace, name });
        return status?.conditions?.find((each) => each.type === type && each.status === 'True');
      });
    expect(await conditions('good', 'Complete')).toBeDefined();
    expect(await conditions('bad', 'Failed')).toMatchObject({ reason: 'BackoffLimitExceeded' });
    expect((await cluster.kubectl('logs', '-n', namespace, 'job/good')).stdout).toBe('migrated');
  });

  test('runs its init containers first, and does not go on after one that failed', async () => {
    const { namespace, image } = await setUp();
    const init = (script: string) => [{ ...shell(image, script), name: 'first' }];
    await cluster.create(
      pod(namespace, 'good', shell(image, 'exit 0'), { restartPolicy: 'Never', initContainers: init('exit 0') }),
      pod(namespace, 'bad', shell(image, 'exit 0'), { restartPolicy: 'Never', initContainers: init('exit 2') }),
    );
    await cluster.pod(namespace, 'good', ({ status }) => status?.phase === 'Succeeded');
    const bad = await cluster.pod(namespace, 'bad', ({ status }) => status?.phase === 'Failed');
    expect(waitingReason(bad)).toBe('PodInitializing');
  });
});

describe('a pod that cannot run', () => {
  test('that crashes is in back-off, and its last exit is told', async () => {
    const { namespace, image } = await setUp();
    await cluster.create(pod(namespace, 'crash', shell(image, 'echo going down; exit 7')));
    const crashed = await cluster.pod(namespace, 'crash', (each) => waitingReason(each) === 'CrashLoopBackOff');
    const [status] = crashed.status?.containerStatuses ?? [];
    expect(status).toMatchObject({ restartCount: 1, ready: false, lastState: { terminated: { exitCode: 7 } } });
    expect(crashed.status?.phase).toBe('Running');
    const { stdout } = await cluster.kubectl('logs', '-n', namespace, 'crash', '--previous');
    expect(stdout).toBe('going down');
  });

  test('whose image is not in the registry waits for it', async () => {
    const namespace = await cluster.namespace();
    const reference = `us-central1-docker.pkg.dev/test/images/server@sha256:${'0'.repeat(64)}`;
    await cluster.create(pod(namespace, 'absent', container(reference)));
    await cluster.pod(namespace, 'absent', (each) => waitingReason(each) === 'ErrImagePull');
    const waiting = await cluster.pod(namespace, 'absent', (each) => waitingReason(each) === 'ImagePullBackOff');
    expect(waiting.status?.containerStatuses?.[0]?.state?.waiting?.message).toContain('not found');
    expect(waiting.status?.phase).toBe('Pending');
  });

  test('whose Secret is missing runs as soon as it is there', async () => {
    const { namespace, image } = await setUp();
    const env = [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'login', key: 'PASSWORD' } } }];
    await cluster.create(pod(namespace, 'web', container(image, { env })));
    const waiting = await cluster.pod(namespace, 'web', (each) => waitingReason(each) === 'CreateContainerConfigError');
    expect(waiting.status?.containerStatuses?.[0]?.state?.waiting?.message).toBe('secret "login" not found');
    await cluster.create({
      ...{ apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name: 'login' } },
      stringData: { PASSWORD: 'hidden' },
    });
    await cluster.pod(namespace, 'web', isReady);
  });

  test('that an annotation keeps unready runs all the same', async () => {
    const { namespace, image } = await setUp();
    const web = pod(namespace, 'web', container(image, { readinessProbe: httpProbe }));
    await cluster.create({
      ...web,
      metadata: { ...web.metadata, annotations: { 'sandbox.slipway.dev/never-ready': 'true' } },
    });
    const unready = await cluster.pod(namespace, 'web', ({ status }) => status?.phase === 'Running');
    expect(holds(unready, 'Ready')).toBe(false);
    await cluster.kubectl('annotate', '-n', namespace, 'pod/web', 'sandbox.slipway.dev/never-ready-');
    await cluster.pod(namespace, 'web', isReady);
  });

  test('that fails its liveness probe is started again', async () => {
    const { namespace, image } = await setUp();
    const livenessProbe = { exec: { command: ['false'] }, periodSeconds: 1, failureThreshold: 1 };
    await cluster.create(pod(namespace, 'web', container(image, { livenessProbe })));
    await cluster.pod(namespace, 'web', ({ status }) => (status?.containerStatuses?.[0]?.restartCount ?? 0) > 0);
  });

  test('that no node takes is pending, and says why', async () => {
    const { namespace, image } = await setUp();
    await cluster.create(pod(namespace, 'web', container(image, { resources: { requests: { cpu: '500' } } })));
    const waiting = await cluster.pod(namespace, 'web', ({ status }) => (status?.conditions ?? []).length > 0);
    expect(waiting.status?.conditions).toMatchObject([
      { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: expect.stringContaining('cpu') },
    ]);
  });
});

/** Names who sent such requests, in order, as the API server saw it. */
async function auditOf(path: string, verb: string): Promise<string[]> {
  const { readFile } = await import('node:fs/promises');
  const lines = (await readFile(cluster.controlPlane.auditLog, 'utf8')).split('\n').filter(Boolean);
  return lines
    .map((line) => JSON.parse(line) as { requestURI: string; verb: string; stage: string; user: { username: string } })
    .filter((each) => each.requestURI.includes(path) && each.verb === verb && each.stage === 'ResponseComplete')
    .map(({ user }) => user.username);
}
