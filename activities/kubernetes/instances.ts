import type { Instance } from '../../contract/drill.ts';
import type { KubernetesEntry } from '../../contract/catalog/targets/kubernetes.ts';
import type { Instances, ReplaceRequest } from '../ports/instances.ts';
import type { KubernetesClients } from './client.ts';
import { classified, isOutdated } from './failure.ts';
import { checkWrite } from './fence-check.ts';
import { nameOf } from './manifests/manifest.ts';
import { listPods, listRevisions, ownPods, type PodObject } from './revisions.ts';
import { rollOut } from './roll-out.ts';
import { findWorkload, readContext, writeContext, type ReadContext, type WriteContext } from './session.ts';
import { deletedFailure, type WorkloadObject } from './workload.ts';

/**
 * Makes the port that ends pods. A restart is made so, and not by an annotation of the template: that would be another
 * revision than the one that the ledger knows (ADR 0028).
 */
export function createPods(clients: KubernetesClients): Instances<KubernetesEntry> {
  return {
    list: (target) => classified(() => listInstances(readContext(clients, target))),
    replace: (target, request) => classified(() => replacePods(writeContext(clients, target, request), request)),
  };
}

async function listInstances(context: ReadContext): Promise<Instance[]> {
  const pods = await livePods(context, await requireWorkload(context));
  return pods.map(({ metadata: { name, uid = '' } }) => ({ name, id: uid })).sort(byRestartOrder);
}

async function replacePods(write: WriteContext, { instances }: ReplaceRequest): Promise<void> {
  for (const instance of instances) {
    // All are ready before the next one goes; also where a worker that died has deleted the one before.
    await rollOut(write);
    const workload = await requireWorkload(write);
    checkWrite(write, workload, write.marker, null);
    const pod = (await livePods(write, workload)).find(({ metadata }) => metadata.uid === instance.id);
    if (pod) await deletePod(write, pod, instance);
  }
  await rollOut(write);
}

async function deletePod({ objects, progress }: WriteContext, pod: PodObject, { name, id }: Instance): Promise<void> {
  progress({ action: 'delete a pod', pod: name });
  try {
    await objects.delete(nameOf({ ...pod, apiVersion: 'v1', kind: 'Pod' }), id);
  } catch (error) {
    // Another pod has its name by now, so this one is gone.
    if (!isOutdated(error)) throw error;
  }
}

/** Lists the workload's pods that nobody has deleted and that have not ended. */
async function livePods(context: ReadContext, workload: WorkloadObject): Promise<PodObject[]> {
  const [revisions, found] = await Promise.all([listRevisions(context, workload), listPods(context, workload)]);
  return ownPods(found, workload, revisions).filter(
    ({ metadata, status }) =>
      metadata['deletionTimestamp'] === undefined && !['Succeeded', 'Failed'].includes(status?.phase ?? ''),
  );
}

async function requireWorkload(context: ReadContext): Promise<WorkloadObject> {
  const workload = await findWorkload(context);
  if (!workload) throw deletedFailure(context.target);
  return workload;
}

/** Puts the highest ordinal first, as the controller of a StatefulSet does. */
function byRestartOrder(a: Instance, b: Instance): number {
  return b.name.localeCompare(a.name, 'en', { numeric: true });
}
