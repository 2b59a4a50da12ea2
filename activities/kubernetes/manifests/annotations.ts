import type { Artifact } from '../../../contract/artifact.ts';
import type { Marker } from '../../../contract/fence.ts';
import { authorAnnotations, commitAnnotation, ownPrefix } from '../../fence.ts';
import { isRecord, valueAt, withValueAt, type Manifest } from './manifest.ts';

/** Label of what Slipway makes beside a workload, such as its records and its Jobs: the workload's name. */
export const workloadLabel = `${ownPrefix}workload`;

/** On a workload: the record of what was applied last. Drift is judged against it. */
export const recordAnnotation = `${ownPrefix}manifests`;

/** What `kubectl apply` left of its last manifest; of a Secret, with its values. */
export const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';

/** What `kubectl rollout restart` leaves on the pods: an operation, and no other configuration. */
export const restartAnnotation = 'kubectl.kubernetes.io/restartedAt';

const podAnnotations = ['spec', 'template', 'metadata', 'annotations'];

/** Gives the pods of a workload the commit of their image and the change that makes them. */
export function annotatePods(
  workload: Manifest,
  { commit }: Pick<Artifact, 'commit'>,
  author: Pick<Marker, 'change' | 'attempt'>,
): Manifest {
  const own = { ...authorAnnotations(author), ...(commit !== '' && { [commitAnnotation]: commit }) };
  const before = valueAt(workload, podAnnotations);
  return withValueAt(workload, podAnnotations, { ...(isRecord(before) ? before : {}), ...own });
}

/** Removes the annotations of the object and of its pods that a test holds for; empty ones go, too. */
export function withoutAnnotations(manifest: Manifest, isUnwanted: (key: string) => boolean): Manifest {
  return [['metadata', 'annotations'], podAnnotations].reduce<Manifest>((object, path) => {
    const annotations = valueAt(object, path);
    if (!isRecord(annotations)) return object;
    const rest = Object.entries(annotations).filter(([key]) => !isUnwanted(key));
    return withValueAt(object, path, rest.length > 0 ? Object.fromEntries(rest) : undefined);
  }, manifest);
}

/** Lists the annotations and labels of Slipway's own that a manifest sets. */
export function ownKeysOf(manifest: Manifest): string[] {
  const places = [['metadata', 'annotations'], ['metadata', 'labels'], podAnnotations];
  return places.flatMap((path) => {
    const found = valueAt(manifest, path);
    const own = isRecord(found) ? Object.keys(found).filter((key) => key.startsWith(ownPrefix)) : [];
    return own.map((key) => [...path, key].join('.'));
  });
}
