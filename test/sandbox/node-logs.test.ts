import { expect, test } from 'vitest';
import { clusterForFile } from './cluster.ts';
import { container, httpProbe, isReady, pod, serverFiles, shell } from './pods.ts';

const cluster = clusterForFile();

test('kubectl logs shows what a container wrote, all of it or its end, with times or without', async () => {
  const namespace = await cluster.namespace();
  const image = await cluster.image('server', serverFiles);
  await cluster.create(pod(namespace, 'counter', shell(image, 'echo one; echo two >&2; echo three; sleep 100')));
  await cluster.pod(namespace, 'counter', isReady);
  const logs = async (...flags: string[]) =>
    (await cluster.kubectl('logs', '-n', namespace, 'counter', ...flags)).stdout;
  expect((await logs()).split('\n').toSorted()).toEqual(['one', 'three', 'two']);
  expect((await logs('--tail=1')).split('\n')).toHaveLength(1);
  expect(await logs('--timestamps')).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z \w+$/m);
  expect(await logs(`--since-time=${new Date(Date.now() + 60_000).toISOString()}`)).toBe('');
});

test('kubectl logs -f goes on until the container ends', async () => {
  const namespace = await cluster.namespace();
  const image = await cluster.image('server', serverFiles);
  const app = container(image, { readinessProbe: httpProbe, env: [{ name: 'DRAIN_MS', value: '200' }] });
  await cluster.create(pod(namespace, 'web', app));
  const { status } = await cluster.pod(namespace, 'web', isReady);
  const followed = cluster.kubectl('logs', '-n', namespace, 'web', '-f');
  await cluster.kubectl('delete', 'pod', '-n', namespace, 'web');
  expect((await followed).stdout.split('\n')).toEqual([`listening on ${status?.podIP}:4100`, 'asked to end']);
});

test('a log that is not there is refused with the reason', async () => {
  const namespace = await cluster.namespace();
  const image = await cluster.image('server', serverFiles);
  await cluster.create(
    pod(namespace, 'web', container(image)),
    pod(namespace, 'waiting', container('us-central1-docker.pkg.dev/test/images/absent:latest')),
  );
  await cluster.pod(namespace, 'web', isReady);
  const previous = await cluster.kubectl('logs', '-n', namespace, 'web', '--previous');
  expect(previous.stderr).toContain('previous terminated container "app" in pod "web" not found');
  const waiting = await cluster.kubectl('logs', '-n', namespace, 'waiting');
  expect(waiting.stderr).toContain('waiting to start');
});
