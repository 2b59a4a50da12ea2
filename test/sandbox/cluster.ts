import { randomBytes } from 'node:crypto';
import { mkdtemp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { V1Pod } from '@kubernetes/client-node';
import { AppsV1Api, BatchV1Api, CoreV1Api, KubeConfig, KubernetesObjectApi } from '@kubernetes/client-node';
import { execa } from 'execa';
import { inject } from 'vitest';
import type { ClusterAddresses } from '../../sandbox/kubernetes/cluster-plan.ts';
import { openedForFile } from '../opened-for-file.ts';
import { eventually } from '../until.ts';
import { askHost } from '../run-host.ts';

/** A cluster and a registry, for the tests of a file. */
export interface Cluster {
  folder: string;
  controlPlane: ClusterAddresses;
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
}

/** Where a cluster is. It is told from one process to another. */
export interface ClusterPlace {
  folder: string;
  /** The program. */
  kubectl: string;
  controlPlane: ClusterAddresses;
}

/** Adds a folder as an image to the registry of a cluster, and answers its digest. */
export type AddImage = (reference: string, source: string) => Promise<string>;

export interface JoinedCluster extends Cluster {
  /** Names of the namespaces that were made here. */
  namespaces: readonly string[];
  /** Removes the namespaces that were made, with all that is in them; waits for nothing. */
  leave: () => Promise<void>;
}

/**
 * Gives the tests of one file the cluster of the whole run: a namespace each keeps them apart. It begins with the first
 * file that wants it. Whoever kills parts of a cluster has one of its own (own-cluster.ts).
 */
export const clusterForFile = (): Cluster => openedForFile(joinCluster, (cluster) => cluster.leave(), 900_000);

export async function joinCluster(): Promise<JoinedCluster> {
  const host = inject('runHost');
  const place = await askHost<ClusterPlace>(host, '/cluster', {});
  const addImage: AddImage = (reference, source) => askHost(host, '/images', { reference, source });
  const cluster = clusterAt(place, addImage);
  const namespaces: string[] = [];
  return {
    ...cluster,
    namespaces,
    namespace: async () => {
      const name = await cluster.namespace();
      namespaces.push(name);
      return name;
    },
    leave: async () => {
      for (const name of namespaces) await cluster.core.deleteNamespace({ name, gracePeriodSeconds: 0 });
    },
  };
}

/** Opens the ways to a cluster that runs somewhere. */
export function clusterAt(place: ClusterPlace, addImage: AddImage): Cluster {
  const { folder, controlPlane } = place;
  const config = new KubeConfig();
  config.loadFromFile(controlPlane.kubeconfig);
  return {
    ...{ folder, controlPlane, config },
    ...clients(config),
    ...registry(folder, addImage),
    kubectl: async (...args) => {
      const env = { KUBECONFIG: controlPlane.kubeconfig };
      const { exitCode = -1, stdout, stderr } = await execa(place.kubectl, args, { env, reject: false });
      return { code: exitCode, stdout, stderr };
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

function registry(folder: string, addImage: AddImage): Pick<Cluster, 'image' | 'imageOf'> {
  const imageOf = async (name: string, source: string): Promise<string> => {
    const repository = `us-central1-docker.pkg.dev/test/images/${name}`;
    return `${repository}@${await addImage(`${repository}:latest`, source)}`;
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
