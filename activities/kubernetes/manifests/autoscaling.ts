import { valueAt, withValueAt, type Manifest, type ObjectName } from './manifest.ts';
import type { Objects } from './objects.ts';

const autoscaler = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' };

/** Collects the autoscalers that are rendered and those that live in the namespace, also of other tools. */
export async function autoscalersOf(
  objects: Pick<Objects, 'list'>,
  manifests: readonly Manifest[],
  namespace: string,
): Promise<Manifest[]> {
  const rendered = manifests.filter(({ kind }) => kind === autoscaler.kind);
  return [...rendered, ...(await objects.list(autoscaler, namespace))];
}

/** Says whether an autoscaler has the number of an object's replicas. */
export function isScaled({ kind, metadata }: ObjectName, autoscalers: readonly Manifest[]): boolean {
  return autoscalers.some(
    (each) =>
      valueAt(each, ['spec', 'scaleTargetRef', 'kind']) === kind &&
      valueAt(each, ['spec', 'scaleTargetRef', 'name']) === metadata.name,
  );
}

/** Leaves out the number of replicas where an autoscaler has it: sent, it would undo what was scaled. */
export function withoutScaledReplicas(manifest: Manifest, autoscalers: readonly Manifest[]): Manifest {
  return isScaled(manifest, autoscalers) ? withValueAt(manifest, ['spec', 'replicas'], undefined) : manifest;
}
