import type { Problem } from '../../../contract/failures.ts';
import { ownKeysOf } from './annotations.ts';
import {
  describeObject,
  isWorkload,
  listAt,
  valueAt,
  type Manifest,
  type ObjectName,
  type Workload,
} from './manifest.ts';
import { isClusterKind } from './order.ts';

export interface Expected {
  namespace: string;
  workload: Workload;
  /** Container that runs the artifact; undefined if there is only one. */
  container: string | undefined;
  /** Image in the overlay that is replaced. */
  image: string;
  /** What it is replaced by: `<repository>@sha256:…`. */
  pinned: string;
  /** The pattern of migration Jobs, which is not applied. */
  job: Manifest | undefined;
}

/** A problem that the overlay's own files can be searched for. */
export interface OverlayProblem extends Problem {
  repeated?: Repeated;
}

/** Says what is in a list more than once. */
export interface Repeated {
  kind: string;
  /** Name of the container that has the list; undefined for a list of the pod or of a Service. */
  container: string | undefined;
  rule: ListRule;
  /** What the items have in common, such as `80/TCP`. */
  text: string;
}

/** Lists everything that is wrong with a rendered overlay, before any server is asked. */
export function problemsOf(manifests: readonly Manifest[], expected: Expected): OverlayProblem[] {
  const workload = manifests.find((manifest) => isWorkload(manifest, expected.workload));
  const { job } = expected;
  return [
    ...(workload ? workloadProblems(workload, expected) : [missingWorkload(manifests, expected.workload)]),
    ...(job ? [...migrationProblems(job, expected), ...duplicateProblems(job)] : []),
    ...manifests.flatMap((manifest) => [
      ...placeProblems(manifest, expected.namespace),
      ...kindProblems(manifest),
      ...duplicateProblems(manifest),
    ]),
  ];
}

function missingWorkload(manifests: readonly Manifest[], { kind, name }: Workload): Problem {
  const others = manifests.filter(({ apiVersion }) => apiVersion.startsWith('apps/')).map(describeObject);
  return { path: `${kind}/${name}`, message: `is not in the overlay, which has ${others.join(', ') || 'no workload'}` };
}

function workloadProblems(workload: Manifest, expected: Expected): Problem[] {
  const what = describeObject(workload);
  const limit = valueAt(workload, ['spec', 'revisionHistoryLimit']);
  const message = 'must be more than 0, or left out: without history there is nothing to go back to';
  return [
    ...imageProblems(workload, expected),
    ...(limit === 0 ? [{ path: `${what} spec.revisionHistoryLimit`, message }] : []),
  ];
}

/** Requires the released image in the Job, since a migration runs in what is released (invariant I2). */
function migrationProblems(job: Manifest, { image, pinned }: Expected): Problem[] {
  const found = containersWith(job, pinned);
  const path = `${describeObject(job)} spec.template.spec.containers`;
  const way =
    'a migration runs in the image that is released: leave the Job out (leaveOut) to have it made of the pods';
  if (found.length === 0) return [{ path, message: `no container has the image ${image}; ${way}` }];
  return found.length > 1 ? [{ path, message: `${found.join(' and ')} have the image ${image}` }] : [];
}

/** Names the containers of a workload that have the artifact's image. */
export function containersWith(workload: Manifest, pinned: string): string[] {
  const containers = listAt(workload, ['spec', 'template', 'spec', 'containers']);
  return containers.filter(({ image }) => image === pinned).map(({ name }) => String(name));
}

function imageProblems(workload: Manifest, { container, image, pinned }: Expected): Problem[] {
  const path = `${describeObject(workload)} spec.template.spec.containers`;
  const all = listAt(workload, ['spec', 'template', 'spec', 'containers']);
  const found = containersWith(workload, pinned);
  const list = all.map((each) => `${String(each.name)} (${String(each.image)})`).join(', ');
  if (found.length === 0) return [{ path, message: `no container has the image ${image}: ${list}` }];
  if (container !== undefined && !found.includes(container))
    return [{ path, message: `container ${container} does not have the image ${image}: ${list}` }];
  if (container === undefined && found.length > 1)
    return [{ path, message: `${found.join(' and ')} have the image ${image}: say in the catalog which container` }];
  return [];
}

const byHand = 'apply it by hand, and name it in the catalog (leaveOut)';

function placeProblems(manifest: Manifest, namespace: string): Problem[] {
  const { name, namespace: own } = manifest.metadata;
  const path = describeObject(manifest);
  if (manifest.kind === 'Namespace' && name === namespace) return [];
  if (isClusterKind(manifest))
    return [{ path, message: `belongs to the whole cluster and not to namespace ${namespace}: ${byHand}` }];
  if (own !== undefined && own !== namespace)
    return [{ path, message: `is of namespace ${own}, and the environment is ${namespace}` }];
  return [];
}

function kindProblems(manifest: Manifest): Problem[] {
  const path = describeObject(manifest);
  const job =
    'is a Job, which cannot be changed once it ran: name it in the catalog, as migrationJob if it migrates, or else ' +
    'under leaveOut';
  return [
    ...(manifest.kind === 'Job' ? [{ path, message: job }] : []),
    ...(manifest.metadata.generateName === undefined
      ? []
      : [{ path, message: 'has generateName: each apply would make another one' }]),
    ...ownKeysOf(manifest).map((key) => ({ path: `${path} ${key}`, message: 'is written by Slipway only' })),
  ];
}

export interface ListRule {
  /** Field of the list, below a pod's spec or a container. */
  field: string;
  /** Fields that server-side apply tells its items apart by, with what an absent one means. */
  keys: Record<string, string>;
}

/** Lists that server-side apply refuses with duplicates. Platform: Kubernetes OpenAPI, x-kubernetes-list-map-keys. */
const containerLists: ListRule[] = [
  { field: 'env', keys: { name: '' } },
  { field: 'ports', keys: { containerPort: '', protocol: 'TCP' } },
  // Not a key of the list, but the server takes no name twice: a renumbered port may come beside the old one.
  { field: 'ports', keys: { name: '' } },
  { field: 'volumeMounts', keys: { mountPath: '' } },
];
const podLists: ListRule[] = [
  { field: 'volumes', keys: { name: '' } },
  { field: 'imagePullSecrets', keys: { name: '' } },
  { field: 'hostAliases', keys: { ip: '' } },
];
const serviceLists: ListRule[] = [
  { field: 'ports', keys: { port: '', protocol: 'TCP' } },
  { field: 'ports', keys: { name: '' } },
];

/** Pod templates by kind. */
const templatePaths: Readonly<Record<string, string[]>> = {
  StatefulSet: ['spec', 'template', 'spec'],
  Deployment: ['spec', 'template', 'spec'],
  DaemonSet: ['spec', 'template', 'spec'],
  Job: ['spec', 'template', 'spec'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
};

function duplicateProblems(manifest: Manifest): OverlayProblem[] {
  if (manifest.kind === 'Service') return duplicates(manifest, valueAt(manifest, ['spec']), 'spec', serviceLists);
  const path = templatePaths[manifest.kind];
  if (!path) return [];
  const pod = valueAt(manifest, path);
  const containers = ['containers', 'initContainers'].flatMap((field) =>
    listAt(pod, [field]).flatMap((container) =>
      duplicates(manifest, container, `${path.join('.')}.${field}[${String(container.name)}]`, containerLists),
    ),
  );
  return [...duplicates(manifest, pod, path.join('.'), podLists), ...containers];
}

/** Writes what tells an item of a list from the others, such as `80/TCP`; empty if nothing does. */
export function keyTextOf(item: Record<string, unknown>, { keys }: ListRule): string {
  const parts = Object.entries(keys).map(([key, absent]) => textOf(item[key]) || absent);
  return parts.every((part) => part === '') ? '' : parts.join('/');
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function duplicates(manifest: ObjectName, owner: unknown, at: string, rules: ListRule[]): OverlayProblem[] {
  const container = at.endsWith(']') ? textOf(valueAt(owner, ['name'])) : undefined;
  return rules.flatMap((rule) => {
    const items = listAt(owner, [rule.field]).filter((item) => keyTextOf(item, rule) !== '');
    const counts = Map.groupBy(items, (item) => keyTextOf(item, rule));
    return [...counts].flatMap(([text, { length }]) =>
      length < 2
        ? []
        : [
            {
              path: `${describeObject(manifest)} ${at}.${rule.field}`,
              message: `has ${text} ${length} times`,
              repeated: { kind: manifest.kind, container, rule, text },
            },
          ],
    );
  });
}
