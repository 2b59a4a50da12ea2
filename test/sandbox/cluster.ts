import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { V1Pod } from '@kubernetes/client-node';
import { AppsV1Api, BatchV1Api, CoreV1Api, KubeConfig, KubernetesObjectApi } from '@kubernetes/client-node';
import { execa } from 'execa';
import { openImageStore } from '../../sandbox/cloud/registry/image-store.ts';
import type { ImageStore } from '../../sandbox/cloud/registry/image-store.ts';
import { openStore } from '../../sandbox/cloud/store/store.ts';
import { startControlPlane } from '../../sandbox/kubernetes/control-plane.ts';
import type { ControlPlane } from '../../sandbox/kubernetes/control-plane.ts';
import { podNetworkBeside } from '../../sandbox/kubernetes/node/addresses.ts';
import { etcd } from '../../sandbox/servers/etcd.ts';
import { obtainKubernetes } from '../../sandbox/servers/kubernetes.ts';
import { obtain } from '../../sandbox/servers/obtain.ts';
import { openedForFile } from '../opened-for-file.ts';
import { eventually } from '../until.ts';

const projectFolder = resolve(import.meta.dirname, '..', '..');

/** A cluster for the tests of one file: control plane, node, a registry, all in one temporary folder. */
export interface Cluster {
  folder: string;
  controlPlane: ControlPlane;
  /** What the node wrote to its standard error. */
  nodeOutput: () => string;
  config: KubeConfig;
  core: CoreV1Api;
  apps: AppsV1Api;
  batch: BatchV1Api;
  /** Makes an image of files, by their paths, and answers its reference, pinned by digest. */
  image: (name: string, files: Record<string, string>) => Promise<string>;
  /** Makes an image of a folder, and answers its reference, pinned by digest. */
  imageOf: (name: string, folder: string) => Promise<string>;
  /** Makes a namespace of its own for a test. */
  namespace: () => Promise<string>;
  /** Creates objects, in their order. */
  create: (...objects: object[]) => Promise<void>;
  /** Runs kubectl; a failure is an answer. */
  kubectl: (...args: string[]) => Promise<{ code: number; stdout: string; stderr: string }>;
  /** Waits until a pod is as it should be. */
  pod: (namespace: string, name: string, is: (pod: V1Pod) => boolean, timeoutMs?: number) => Promise<V1Pod>;
  killNode: () => Promise<void>;
  startNode: () => Promise<void>;
  stop: () => Promise<void>;
}

/** Starts a cluster before the first test of a file, and stops it after the last. */
export const clusterForFile = (): Cluster => openedForFile(openCluster, (cluster) => cluster.stop(), 900_000);

/** Starts a cluster. The node's back-off is a second, so that a crash loop takes no minutes. */
export async function openCluster(): Promise<Cluster> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-cluster-'));
  const say = (): void => {};
  const { kubectl: kubectlProgram, ...kubernetes } = await obtainKubernetes(say);
  const programs = { ...kubernetes, etcd: await obtain(etcd, say) };
  const controlPlane = await startControlPlane({ folder: join(folder, 'control-plane'), programs, say });
  const config = new KubeConfig();
  config.loadFromFile(controlPlane.kubeconfig);
  const node = nodeProcess(folder, controlPlane);
  await node.start();
  return {
    ...{ folder, controlPlane, config },
    ...clients(config),
    ...registry(folder),
    kubectl: async (...args) => {
      const env = { KUBECONFIG: controlPlane.kubeconfig };
      const { exitCode = -1, stdout, stderr } = await execa(kubectlProgram, args, { env, reject: false });
      return { code: exitCode, stdout, stderr };
    },
    nodeOutput: node.output,
    killNode: node.kill,
    startNode: node.start,
    stop: async () => {
      await node.stop();
      await controlPlane.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function clients(config: KubeConfig): Pick<Cluster, 'core' | 'apps' | 'batch' | 'namespace' | 'create' | 'pod'> {
  const core = config.makeApiClient(CoreV1Api);
  const objects = KubernetesObjectApi.makeApiClient(config);
  return {
    core,
    apps: config.makeApiClient(AppsV1Api),
    batch: config.makeApiClient(BatchV1Api),
    namespace: async () => {
      const name = `test-${randomBytes(4).toString('hex')}`;
      await core.createNamespace({ body: { metadata: { name } } });
      // Without it no pod is let in.
      await eventually(`service account of ${name}`, () =>
        core.readNamespacedServiceAccount({ name: 'default', namespace: name }).catch(() => undefined),
      );
      return name;
    },
    create: async (...all) => {
      for (const object of all) await objects.create(object);
    },
    pod: async (namespace, name, is, timeoutMs) => {
      let last: V1Pod | undefined;
      const what = (): string => `pod ${name}, which is ${JSON.stringify(last?.status, undefined, 1)}`;
      const look = async (): Promise<V1Pod | undefined> => {
        last = await core.readNamespacedPod({ name, namespace }).catch(() => undefined);
        return last && is(last) ? last : undefined;
      };
      return eventually(what, look, timeoutMs);
    },
  };
}

function registry(folder: string): Pick<Cluster, 'image' | 'imageOf'> {
  const dir = join(folder, 'cloud');
  let images: ImageStore | undefined;
  const imageOf = async (name: string, source: string): Promise<string> => {
    images ??= openImageStore({ dir, store: openStore(dir) });
    const repository = `us-central1-docker.pkg.dev/test/images/${name}`;
    const { digest } = await images.add(`${repository}:latest`, source);
    return `${repository}@${digest}`;
  };
  return {
    imageOf,
    image: async (name, files) => {
      const source = await mkdtemp(join(folder, 'source-'));
      for (const [path, content] of Object.entries(files)) {
        await mkdir(dirname(join(source, path)), { recursive: true });
        await writeFile(join(source, path), content);
      }
      return imageOf(name, source);
    },
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
