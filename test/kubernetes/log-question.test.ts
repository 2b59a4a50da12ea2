import { describe, expect, it } from 'vitest';
import { createKubernetesClients } from '../../activities/kubernetes/client.ts';
import { createPodLogs } from '../../activities/kubernetes/logs.ts';
import { logQuestion, logSearch } from '../../contract/catalog/targets/index.ts';
import { clusterForFile } from '../sandbox/cluster.ts';
import { ReleaseWorld, type WorkloadKind } from './release-world.ts';

const cluster = clusterForFile();
const kinds: WorkloadKind[] = ['StatefulSet', 'Deployment', 'DaemonSet'];

describe('the command that evidence shows', () => {
  it.each(kinds)('reads the lines of all pods of a %s, as the adapter does', async (kind) => {
    const world = await ReleaseWorld.open(cluster, kind);
    await world.change().release(await world.artifact('a'.repeat(40)));
    const window = { since: new Date(0).toISOString(), until: new Date(Date.now() + 60_000).toISOString() };
    const filter = logSearch(world.target, 'LISTENING');
    const [command = '', pattern] = logQuestion(world.target, filter, window).query.split(' | rg ');
    expect(pattern).toBe("'(?i)LISTENING'");

    const { code, stdout, stderr } = await cluster.kubectl(...command.split(' ').slice(1));
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const shown = stdout.split('\n').filter((line) => /listening/i.test(line));

    const clients = createKubernetesClients({ kubeconfig: cluster.controlPlane.kubeconfig });
    const entries = await createPodLogs(clients).read(world.target, { filter, ...window }, 100);
    clients.close();
    expect(entries.length).toBeGreaterThan(0);
    // kubectl puts the pod's name before each line.
    const texts = shown.map((line) => line.replace(/^\[pod\/\S+\] /, '')).sort();
    expect(texts).toEqual(entries.map(({ text }) => text).sort());
  });
});
