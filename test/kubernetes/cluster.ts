import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { applyManifests, type ApplyRequest } from '../../activities/kubernetes/manifests/apply.ts';
import {
  compareManifests,
  describeComparisons,
  type Difference,
} from '../../activities/kubernetes/manifests/difference.ts';
import { planLimits } from '../../activities/difference/text.ts';
import { openObjects, type Objects } from '../../activities/kubernetes/manifests/objects.ts';
import type { Rendering, RenderRequest } from '../../activities/kubernetes/manifests/render.ts';
import { createKubernetesClients } from '../../activities/kubernetes/client.ts';
import { startControlPlane } from '../../sandbox/kubernetes/control-plane.ts';
import { etcd } from '../../sandbox/servers/etcd.ts';
import { kubeApiserver, kubeControllerManager, kubectl as kubectlServer } from '../../sandbox/servers/kubernetes.ts';
import { obtain } from '../../sandbox/servers/obtain.ts';
import { overlay, render } from './overlay-folder.ts';

/** A real API server with its controllers, and the ways to it: ours, and people's `kubectl`. */
export interface Cluster {
  objects: Objects;
  kubeconfig: string;
  auditLog: string;
  /** Makes a namespace of its own for a test. */
  namespace(): Promise<string>;
  /** Runs kubectl in a namespace, with a text as its input. */
  kubectl(namespace: string, args: string[], input?: string): Promise<string>;
  close(): Promise<void>;
}

export async function openCluster(): Promise<Cluster> {
  const folder = await mkdtemp(path.join(tmpdir(), 'slipway-cluster-test-'));
  const say = () => undefined;
  const [etcdFile = '', apiServer = '', controllerManager = '', kubectlFile = ''] = await Promise.all(
    [etcd, kubeApiserver, kubeControllerManager, kubectlServer].map((server) => obtain(server, say)),
  );
  const plane = await startControlPlane({ folder, programs: { etcd: etcdFile, apiServer, controllerManager }, say });
  const clients = createKubernetesClients({ kubeconfig: plane.kubeconfig });
  const kubectl = async (namespace: string, args: string[], input = '') =>
    (await execa(kubectlFile, ['--kubeconfig', plane.kubeconfig, '-n', namespace, ...args], { input })).stdout;
  return {
    objects: openObjects({ client: clients.of(undefined) }),
    kubeconfig: plane.kubeconfig,
    auditLog: plane.auditLog,
    kubectl,
    async namespace() {
      const name = `t-${randomBytes(4).toString('hex')}`;
      await kubectl('default', ['create', 'namespace', name]);
      return name;
    },
    async close() {
      clients.close();
      await plane.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Renders objects for a namespace, perhaps by another request than usual. */
export function renderedFor(namespace: string, ...parts: (string | Partial<RenderRequest>)[]): Promise<Rendering> {
  const objects = parts.filter((part) => typeof part === 'string').join('\n---\n');
  const change = parts.find((part) => typeof part !== 'string');
  return render(overlay(objects, namespace), { namespace, ...change });
}

/** Says what an apply of what was rendered would do, as a plan says it. */
export async function differenceOf(objects: Objects, rendering: Rendering): Promise<Difference> {
  return describeComparisons(await compareManifests(objects, rendering), planLimits);
}

/** Applies what was rendered, by a write that the fence lets through. */
export function applyTo(
  objects: Objects,
  { manifests, namespace, workload }: Rendering,
  change: Partial<ApplyRequest> = {},
): Promise<{ written: string[] }> {
  return applyManifests(objects, {
    manifests,
    namespace,
    workload,
    annotations: { 'slipway.dev/fence': '1.1' },
    authorize: () => 'writable',
    forced: [],
    tell: () => undefined,
    signal: new AbortController().signal,
    ...change,
  });
}
