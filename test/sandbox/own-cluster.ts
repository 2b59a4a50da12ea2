import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { openImageStore } from '../../sandbox/cloud/registry/image-store.ts';
import { openStore } from '../../sandbox/cloud/store/store.ts';
import { startControlPlane } from '../../sandbox/kubernetes/control-plane.ts';
import type { ControlPlane } from '../../sandbox/kubernetes/control-plane.ts';
import { podNetworkBeside } from '../../sandbox/kubernetes/node/addresses.ts';
import { etcd } from '../../sandbox/servers/etcd.ts';
import { obtainKubernetes } from '../../sandbox/servers/kubernetes.ts';
import { obtain } from '../../sandbox/servers/obtain.ts';
import { openedForFile } from '../opened-for-file.ts';
import { clusterAt, type AddImage, type Cluster, type ClusterPlace } from './cluster.ts';

const projectFolder = resolve(import.meta.dirname, '..', '..');

/** Control plane, node and registry, all in one temporary folder, for whoever may kill them. */
export interface OwnCluster extends Cluster {
  place: ClusterPlace;
  addImage: AddImage;
  controlPlane: ControlPlane;
  /** What the node wrote to its standard error. */
  nodeOutput: () => string;
  killNode: () => Promise<void>;
  startNode: () => Promise<void>;
  stop: () => Promise<void>;
}

/** Starts a cluster before the first test of a file, and stops it after the last. */
export const ownClusterForFile = (): OwnCluster => openedForFile(openOwnCluster, (cluster) => cluster.stop(), 900_000);

/** Starts a cluster. The node's back-off is a second, so that a crash loop takes no minutes. */
export async function openOwnCluster(): Promise<OwnCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-cluster-'));
  const say = (): void => {};
  const { kubectl, ...kubernetes } = await obtainKubernetes(say);
  const programs = { ...kubernetes, etcd: await obtain(etcd, say) };
  const controlPlane = await startControlPlane({ folder: join(folder, 'control-plane'), programs, say });
  const node = nodeProcess(folder, controlPlane);
  const stop = async (): Promise<void> => {
    await node.stop();
    await controlPlane.stop();
    await rm(folder, { recursive: true, force: true });
  };
  await node.start().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const dir = join(folder, 'cloud');
  const images = openImageStore({ dir, store: openStore(dir) });
  const addImage: AddImage = async (reference, source) => (await images.add(reference, source)).digest;
  const place = { folder, kubectl, controlPlane };
  return {
    ...clusterAt(place, addImage),
    ...{ place, addImage, controlPlane },
    nodeOutput: node.output,
    killNode: node.kill,
    startNode: node.start,
    stop,
  };
}

interface NodeProcess {
  start: () => Promise<void>;
  stop: () => Promise<void>;
  kill: () => Promise<void>;
  output: () => string;
}

function nodeProcess(folder: string, { node, serviceNetwork }: ControlPlane): NodeProcess {
  let child: ChildProcess | undefined;
  let output = '';
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  };
  const flags = {
    kubeconfig: node.kubeconfig,
    certificate: node.certificate,
    key: node.key,
    authority: node.authority,
    dir: join(folder, 'node'),
    'cloud-dir': join(folder, 'cloud'),
    'pod-network': podNetworkBeside(serviceNetwork),
    'back-off-ms': '1000',
    'lost-after-ms': '1000',
    'lease-every-ms': '500',
  };
  return {
    start: async () => {
      const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
      const started = spawn(process.execPath, ['sandbox/kubernetes/node/main.ts', ...args], {
        cwd: projectFolder,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      child = started;
      started.stderr.on('data', (data: Buffer) => (output += data.toString()));
      await new Promise<void>((resolve, reject) => {
        createInterface({ input: started.stdout }).once('line', () => resolve());
        started.once('exit', (code) => reject(new Error(`the node ended with ${code}: ${output}`)));
      });
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    output: () => output,
  };
}
