import { canonicalJson } from '../../../catalog/canonical-json.ts';
import { lastAppliedAnnotation } from './annotations.ts';
import type { Fields, ManagedFields, Manifest } from './manifest.ts';
import { fieldManager, has, isApplied, managersOf, minus, union, without } from './owned-fields.ts';

/** An operation of a JSON patch (RFC 6902). */
export type PatchOperation =
  { op: 'add' | 'replace' | 'test'; path: string; value?: unknown } | { op: 'move'; from: string; path: string };

/**
 * Managers whose fields are ours from our first apply on: those of `kubectl apply` and `kubectl create`, with which
 * people released before. Whoever applies so later on is a stranger, and that is drift.
 */
const predecessors: readonly { manager: string; operation: string }[] = [
  { manager: 'kubectl-client-side-apply', operation: 'Update' },
  { manager: 'kubectl', operation: 'Apply' },
  { manager: 'kubectl-create', operation: 'Update' },
  { manager: 'before-first-apply', operation: 'Update' },
];

function isPredecessor({ manager, operation }: ManagedFields): boolean {
  return predecessors.some((one) => one.manager === manager && one.operation === operation);
}

/** Keeps `spec.replicas` where it is until an autoscaler sets it. */
export const replicasManager = 'slipway-replicas';
const replicasPath = ['f:spec', 'f:replicas'];

/**
 * Says whether the fields of an entry become ours: a predecessor's before our first apply, and always those that we
 * changed by a patch, such as the fence or a restored template. Once no autoscaler has the number of replicas, what
 * the last one set is ours again.
 */
export function isTakenOver(entry: ManagedFields, live: Manifest, keepsReplicas: boolean): boolean {
  const { manager, subresource } = entry;
  if (subresource === 'scale' && manager === 'kube-controller-manager') return !keepsReplicas;
  if (subresource) return false;
  if (manager === replicasManager) return !keepsReplicas;
  if (manager === fieldManager) return entry.operation === 'Update';
  const isFirst = !managersOf(live).some(isApplied);
  return isFirst && isPredecessor(entry);
}

/**
 * Takes from whoever applied by hand after us the fields that we share. Their values are ours; but once the overlay
 * drops one, it would stay for ever on account of the other owner.
 */
export function withoutShared(entry: ManagedFields, live: Manifest): ManagedFields {
  const ours = managersOf(live).find((one) => isApplied(one) && one.apiVersion === entry.apiVersion)?.fieldsV1;
  if (!ours || entry.subresource || !isPredecessor(entry)) return entry;
  const fieldsV1 = minus(entry.fieldsV1 ?? {}, ours);
  return canonicalJson(fieldsV1) === canonicalJson(entry.fieldsV1 ?? {}) ? entry : { ...entry, fieldsV1 };
}

/**
 * Makes the patch that moves ownership to us and changes no value; undefined if there is nothing to move. Without it,
 * fields that the overlay no longer has would stay for ever, since nobody removes them (kubernetes#99003; the way of
 * fluxcd/pkg ssa/patch.go). It holds for the version that was read, and fails with a conflict for another one.
 *
 * `keepsReplicas`: an autoscaler has the number of replicas. If we alone own it, it goes to a manager beside us: a
 * field that its only owner drops goes back to its default, which is one replica.
 */
export function takeOverPatch(live: Manifest, keepsReplicas: boolean): PatchOperation[] | undefined {
  const entries = managersOf(live);
  const taken = entries.filter((entry) => isTakenOver(entry, live, keepsReplicas));
  // Sets of two versions of an API cannot be joined: their fields have different names.
  const ours = [...entries.filter(isApplied), ...taken].filter(
    ({ apiVersion }, _index, [first]) => apiVersion === first?.apiVersion,
  );
  const joined = ours.reduce<Fields>((fields, { fieldsV1 }) => union(fields, fieldsV1 ?? {}), {});
  const others = entries.filter((entry) => !ours.includes(entry));
  const kept = others.map((entry) => withoutShared(entry, live));
  const isShared = kept.some((entry, index) => entry !== others[index]);
  const movesReplicas = keepsReplicas && has(joined, replicasPath);
  const firstApply = ours[0];
  if (!firstApply || !(movesReplicas || isShared || taken.some((entry) => ours.includes(entry)))) return undefined;

  const annotationPath = ['f:metadata', 'f:annotations', `f:${lastAppliedAnnotation}`];
  const fieldsV1 = without(movesReplicas ? without(joined, replicasPath) : joined, annotationPath);
  const moved = [
    ...kept
      .filter(({ fieldsV1 }) => Object.keys(fieldsV1 ?? {}).length > 0)
      .filter(({ manager }) => manager !== replicasManager || !movesReplicas),
    entryOf(fieldManager, 'Apply', firstApply, fieldsV1),
    ...(movesReplicas ? [entryOf(replicasManager, 'Update', firstApply, { 'f:spec': { 'f:replicas': {} } })] : []),
  ];
  return [
    ...removeLastApplied(live),
    { op: 'replace', path: '/metadata/managedFields', value: moved },
    { op: 'replace', path: '/metadata/resourceVersion', value: live.metadata.resourceVersion },
  ];
}

/**
 * Leaves out what `kubectl apply` noted. Never by `remove`: where somebody has removed it since it was read, the server
 * answers 422 for that path before it looks at the version, and a mere conflict would end the release.
 */
function removeLastApplied({ metadata: { annotations = {} } }: Manifest): PatchOperation[] {
  const { [lastAppliedAnnotation]: note, ...value } = annotations;
  return note === undefined ? [] : [{ op: 'add', path: '/metadata/annotations', value }];
}

function entryOf(manager: string, operation: string, like: ManagedFields, fieldsV1: Fields): ManagedFields {
  const { apiVersion, time } = like;
  return { manager, operation, apiVersion, time, fieldsType: 'FieldsV1', fieldsV1 };
}
