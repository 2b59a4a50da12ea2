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
import { kubectl as kubectlServer } from '../../sandbox/servers/kubernetes.ts';
import { obtain } from '../../sandbox/servers/obtain.ts';
import { openedForFile } from '../opened-for-file.ts';
import { joinCluster } from '../sandbox/cluster.ts';
import { overlay, render } from './overlay-folder.ts';

/** A real API server with its controllers, and the ways to it: ours, and people's `kubectl`. */
export interface ObjectsCluster {
  objects: Objects;
  auditLog: string;
  /** Names of the namespaces that were made here. */
  namespaces: readonly string[];
  /** Makes a namespace of its own for a test. */
  namespace(): Promise<string>;
  /** Runs kubectl in a namespace, with a text as its input. */
  kubectl(namespace: string, args: string[], input?: string): Promise<string>;
  close(): Promise<void>;
}

/** Gives the tests of one file the objects of the cluster of the whole run. */
export const objectsForFile = (): ObjectsCluster =>
  openedForFile(openObjectsCluster, (opened) => opened.close(), 900_000);

async function openObjectsCluster(): Promise<ObjectsCluster> {
  const cluster = await joinCluster();
  const { kubeconfig, auditLog } = cluster.controlPlane;
  const kubectl = await obtain(kubectlServer, () => undefined);
  const clients = createKubernetesClients({ kubeconfig });
  return {
    objects: openObjects({ client: clients.of(undefined) }),
    auditLog,
    kubectl: async (namespace, args, input = '') =>
      (await execa(kubectl, ['--kubeconfig', kubeconfig, '-n', namespace, ...args], { input })).stdout,
    namespaces: cluster.namespaces,
    namespace: cluster.namespace,
    async close() {
      clients.close();
      await cluster.leave();
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
