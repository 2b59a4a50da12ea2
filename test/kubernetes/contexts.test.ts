import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKubernetesClients, type KubernetesClients } from '../../activities/kubernetes/client.ts';
import { createKubernetesTarget } from '../../activities/kubernetes/target.ts';
import { clusterTarget } from '../workflows/samples.ts';
import { answer, FakeApiServer } from './fake-api-server.ts';
import { onePlatform } from './registries.ts';

const clusters = { near: new FakeApiServer(), far: new FakeApiServer() };
const all = Object.entries(clusters);
let clients: KubernetesClients;

/** Writes a kubeconfig with a context for each cluster, the first of which is the current one. */
async function writeKubeconfig(): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'kubeconfig-')), 'config');
  const config = {
    clusters: all.map(([name, { url }]) => ({ name, cluster: { server: url, 'insecure-skip-tls-verify': true } })),
    users: all.map(([name]) => ({ name, user: { token: name } })),
    contexts: all.map(([name]) => ({ name, context: { cluster: name, user: name } })),
    'current-context': 'near',
  };
  await writeFile(path, JSON.stringify(config));
  return path;
}

/** Serves the workload, with the key that its state has in this cluster. */
function serve(server: FakeApiServer, uid: string): void {
  const resource = (name: string, kind: string) => ({ name, kind, namespaced: true });
  const template = { metadata: {}, spec: { containers: [{ name: 'runtime', image: 'runtime:1' }] } };
  const spec = { selector: { matchLabels: { app: 'runtime' } }, template };
  const pages: [RegExp, unknown][] = [
    [
      /v1$/,
      {
        resources: [
          resource('statefulsets', 'StatefulSet'),
          resource('controllerrevisions', 'ControllerRevision'),
          resource('pods', 'Pod'),
        ],
      },
    ],
    [/statefulsets\/runtime$/, { kind: 'StatefulSet', metadata: { name: 'runtime', uid }, spec }],
    [/\?/, { items: [] }],
  ];
  server.handler = ({ url = '' }, response) => {
    const [, body] = pages.find(([path]) => path.test(url)) ?? [];
    answer(response, body === undefined ? 404 : 200, body);
  };
}

beforeEach(async () => {
  for (const [name, server] of all) {
    await server.start();
    serve(server, name);
  }
  clients = createKubernetesClients({ kubeconfig: await writeKubeconfig() });
});
afterEach(async () => {
  clients.close();
  for (const [, server] of all) await server.stop();
});

describe('a workload that is in several clusters', () => {
  it('is asked for in the one whose context its environment names, and in no other (fact 48)', async () => {
    const target = createKubernetesTarget(
      clients,
      { sources: { checkout: () => Promise.reject(new Error()) } },
      onePlatform,
    );
    const far = await target.observe({ ...clusterTarget, context: 'far' });
    expect(far.exists).toBe(true);
    expect(clusters.near.requests).toEqual([]);
    const near = await target.observe({ ...clusterTarget, context: 'near' });
    expect(near.key).not.toBe(far.key);
    expect(await target.observe(clusterTarget)).toEqual(near);
  });
});
