import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { V1Pod } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openScrapeTargets } from '../../sandbox/kubernetes/node/scrape-targets.ts';
import { container, pod } from './pods.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-targets-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const podWith = (name: string, status: V1Pod['status'], more: V1Pod['metadata'] = {}): V1Pod => {
  const only = container('image', { ports: [{ name: 'http', containerPort: 4100 }] });
  const made = pod('runtime', name, only);
  return { ...made, metadata: { ...made.metadata, ...more }, status };
};

describe('the pods that a Prometheus finds', () => {
  it('are those that run, by their named ports', async () => {
    const file = join(folder, 'targets', 'pods.json');
    const running = { phase: 'Running', podIP: '127.130.0.2' };
    openScrapeTargets(file, () => {}).show([
      podWith('web', running),
      podWith('starting', { phase: 'Pending' }),
      podWith('ended', { phase: 'Succeeded', podIP: '127.130.0.3' }),
      podWith('going', running, { deletionTimestamp: new Date() }),
    ]);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual([
      {
        targets: ['127.130.0.2:4100'],
        labels: {
          __meta_kubernetes_namespace: 'runtime',
          __meta_kubernetes_pod_name: 'web',
          __meta_kubernetes_pod_label_app: 'web',
          __meta_kubernetes_pod_container_port_name: 'http',
        },
      },
    ]);
  });

  it('are listed anew once the file could not be written', async () => {
    const said: string[] = [];
    const blocked = join(folder, 'blocked');
    await writeFile(blocked, '');
    const targets = openScrapeTargets(join(blocked, 'pods.json'), (line) => void said.push(line));
    targets.show([]);
    expect(said).toEqual([expect.stringContaining('cannot write the list of pods for Prometheus')]);
    await rm(blocked);
    targets.show([]);
    expect(await readFile(join(blocked, 'pods.json'), 'utf8')).toBe('[]\n');
  });
});
