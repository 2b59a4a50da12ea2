import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../until.ts';
import { ownClusterForFile } from './own-cluster.ts';
import { container, httpProbe, isReady, job, pod, service, serverFiles, shell, statefulSet } from './pods.ts';

const cluster = ownClusterForFile();

const ports = [{ name: 'http', containerPort: 4100 }];

const setUp = async (): Promise<{ namespace: string; image: string }> => ({
  namespace: await cluster.namespace(),
  image: await cluster.image('server', serverFiles),
});

/** Asks through a Service, by a connection of its own. */
const ask = async (address: string): Promise<string> =>
  (await fetch(`http://${address}/name`, { headers: { connection: 'close' } })).text();

test('a StatefulSet of three rolls over, one pod after the other', async () => {
  const { namespace, image } = await setUp();
  await cluster.create(statefulSet(namespace, 'web', container(image, { ports, readinessProbe: httpProbe })));
  for (const index of [0, 1, 2]) await cluster.pod(namespace, `web-${index}`, isReady);
  const second = await cluster.image('server', { ...serverFiles, 'version.txt': '2' });
  await cluster.kubectl('set', 'image', '-n', namespace, 'statefulset/web', `app=${second}`);
  const { code } = await cluster.kubectl('rollout', 'status', '-n', namespace, 'statefulset/web', '--timeout=60s');
  expect(code).toBe(0);
  const { items } = await cluster.core.listNamespacedPod({ namespace });
  expect(items.map(({ status }) => status?.containerStatuses?.[0]?.imageID)).toEqual([second, second, second]);
});

test('a sample service runs as three pods, each on the address of its pod', async () => {
  const namespace = await cluster.namespace();
  const image = await cluster.imageOf('openagents-web', join('sandbox', 'services', 'openagents-web', 'base'));
  const readinessProbe = { tcpSocket: { port: 4000 }, periodSeconds: 1 };
  await cluster.create(statefulSet(namespace, 'web', container(image, { readinessProbe })));
  const { code } = await cluster.kubectl('rollout', 'status', '-n', namespace, 'statefulset/web', '--timeout=60s');
  expect(code).toBe(0);
  const { items } = await cluster.core.listNamespacedPod({ namespace });
  expect(new Set(items.map(({ status }) => status?.podIP)).size).toBe(3);
  await cluster.kubectl('delete', '-n', namespace, 'statefulset/web', '--wait=false');
});

test('a StatefulSet whose new pod is never ready stays with its old ones', async () => {
  const { namespace, image } = await setUp();
  await cluster.create(statefulSet(namespace, 'web', container(image, { ports, readinessProbe: httpProbe })));
  for (const index of [0, 1, 2]) await cluster.pod(namespace, `web-${index}`, isReady);
  const annotations = { 'sandbox.slipway.dev/never-ready': 'web-2' };
  await cluster.kubectl(
    ...['patch', '-n', namespace, 'statefulset/web', '--type=merge', '-p'],
    JSON.stringify({ spec: { template: { metadata: { annotations } } } }),
  );
  await cluster.pod(
    namespace,
    'web-2',
    (each) =>
      each.status?.phase === 'Running' && each.metadata?.annotations?.['sandbox.slipway.dev/never-ready'] === 'web-2',
  );
  const set = await cluster.apps.readNamespacedStatefulSet({ namespace, name: 'web' });
  expect(set.status).toMatchObject({ updatedReplicas: 1, readyReplicas: 2 });
});

test('a Service reaches the pods that are ready, and no other', async () => {
  const { namespace, image } = await setUp();
  const app = container(image, { ports, readinessProbe: httpProbe });
  const annotations = { 'sandbox.slipway.dev/never-ready': 'web-2' };
  await cluster.create(service(namespace, 'front', 'web'), statefulSet(namespace, 'web', app, annotations));
  await cluster.pod(namespace, 'web-1', isReady);
  await cluster.pod(namespace, 'web-2', ({ status }) => status?.phase === 'Running');
  const { spec } = await cluster.core.readNamespacedService({ namespace, name: 'front' });
  const address = `${spec?.clusterIP}:80`;
  const names = await Promise.all(Array.from({ length: 12 }, () => ask(address)));
  expect(new Set(names)).toEqual(new Set(['web-0', 'web-1']));
  await cluster.kubectl('scale', '-n', namespace, 'statefulset/web', '--replicas=0');
  await eventually('nobody behind the Service', () =>
    ask(address).then(
      () => false,
      () => true,
    ),
  );
});

test('a node that was killed starts its pods again and leaves no process behind', async () => {
  const { namespace, image } = await setUp();
  const env = [{ name: 'POD_NAMESPACE', value: namespace }];
  await cluster.create(
    pod(namespace, 'web', container(image, { env, readinessProbe: httpProbe })),
    pod(namespace, 'done', shell(image, 'exit 0'), { restartPolicy: 'Never' }),
    job(namespace, 'migration', shell(image, 'sleep 100', { env })),
  );
  const before = await cluster.pod(namespace, 'web', isReady);
  await cluster.pod(namespace, 'done', ({ status }) => status?.phase === 'Succeeded');
  await eventually('the migration to run', async () => {
    const { items } = await cluster.core.listNamespacedPod({ namespace, labelSelector: 'job-name=migration' });
    return items.some(({ status }) => status?.phase === 'Running');
  });
  const old = await processesOf(namespace);
  expect(old.length).toBeGreaterThan(1);
  await cluster.killNode();
  await cluster.startNode();
  const after = await cluster.pod(
    namespace,
    'web',
    (each) => isReady(each) && each.status?.containerStatuses?.[0]?.restartCount === 1,
  );
  expect(after.status).toMatchObject({ podIP: before.status?.podIP });
  expect(after.status?.containerStatuses?.[0]?.lastState?.terminated).toMatchObject({ exitCode: 137 });
  await eventually('the job to fail, since its pod was lost', async () => {
    const { status } = await cluster.batch.readNamespacedJob({ namespace, name: 'migration' });
    return status?.conditions?.some(({ type }) => type === 'Failed');
  });
  const now = await processesOf(namespace);
  expect(now.filter((pid) => old.includes(pid))).toEqual([]);
  const done = await cluster.core.readNamespacedPod({ namespace, name: 'done' });
  expect(done.status?.containerStatuses?.[0]).toMatchObject({
    restartCount: 0,
    state: { terminated: { exitCode: 0 } },
  });
});

test('a node that is cut off writes nothing, and goes on when it is back', async () => {
  const { namespace, image } = await setUp();
  const lease = async () => {
    const { stdout } = await cluster.kubectl('get', 'lease', '-n', 'kube-node-lease', 'slipway-node', '-o', 'json');
    return (JSON.parse(stdout) as { spec: { renewTime: string } }).spec.renewTime;
  };
  await cluster.create(pod(namespace, 'old', container(image)));
  await cluster.pod(namespace, 'old', isReady);
  const first = await lease();
  await eventually('a lease that is renewed', async () => (await lease()) !== first);
  await cluster.kubectl('annotate', 'node/slipway-node', 'sandbox.slipway.dev/lost=true');
  await cluster.pod(namespace, 'old', (each) => !isReady(each));
  await cluster.create(pod(namespace, 'new', container(image)));
  const node = await cluster.core.readNode({ name: 'slipway-node' });
  expect(node.status?.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({ status: 'Unknown' });
  await cluster.kubectl('annotate', 'node/slipway-node', 'sandbox.slipway.dev/lost-');
  await cluster.pod(namespace, 'new', isReady);
  await cluster.pod(namespace, 'old', isReady);
});

/** Finds the processes of a namespace's pods by their environment. */
async function processesOf(namespace: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const environments = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')));
  return pids.filter((_, index) => environments[index]?.includes(`POD_NAMESPACE=${namespace}\0`));
}
