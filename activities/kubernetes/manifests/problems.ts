import type { Problem } from '../../../contract/failures.ts';
import { ownKeysOf } from './annotations.ts';
import {
  describeObject,
  isRecord,
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
}

/** Lists everything that is wrong with a rendered overlay, before any server is asked. */
export function problemsOf(manifests: readonly Manifest[], expected: Expected): Problem[] {
  const workload = manifests.find((manifest) => isWorkload(manifest, expected.workload));
  return [
    ...(workload ? workloadProblems(workload, expected) : [missingWorkload(manifests, expected.workload)]),
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

function placeProblems(manifest: Manifest, namespace: string): Problem[] {
  const { name, namespace: own } = manifest.metadata;
  const path = describeObject(manifest);
  if (manifest.kind === 'Namespace' && name === namespace) return [];
  if (isClusterKind(manifest))
    return [{ path, message: `belongs to the whole cluster and not to namespace ${namespace}: apply it by hand` }];
  if (own !== undefined && own !== namespace)
    return [{ path, message: `is of namespace ${own}, and the environment is ${namespace}` }];
  return [];
}

function kindProblems(manifest: Manifest): Problem[] {
  const path = describeObject(manifest);
  const job = 'is a Job, which cannot be changed once it ran: migrations have their own, others do not belong here';
  return [
    ...(manifest.kind === 'Job' ? [{ path, message: job }] : []),
    ...(manifest.metadata.generateName === undefined
      ? []
      : [{ path, message: 'has generateName: each apply would make another one' }]),
    ...ownKeysOf(manifest).map((key) => ({ path: `${path} ${key}`, message: 'is written by Slipway only' })),
  ];
}

interface ListRule {
  /** Field of the list, below a pod's spec or a container. */
  field: string;
  /** Fields that server-side apply tells its items apart by, with what an absent one means. */
  keys: Record<string, string>;
}

/** Lists that server-side apply refuses with duplicates. Platform: Kubernetes OpenAPI, x-kubernetes-list-map-keys. */
const containerLists: ListRule[] = [
  { field: 'env', keys: { name: '' } },
  { field: 'ports', keys: { containerPort: '', protocol: 'TCP' } },
  { field: 'volumeMounts', keys: { mountPath: '' } },
];
const podLists: ListRule[] = [
  { field: 'volumes', keys: { name: '' } },
  { field: 'imagePullSecrets', keys: { name: '' } },
  { field: 'hostAliases', keys: { ip: '' } },
];
const serviceLists: ListRule[] = [{ field: 'ports', keys: { port: '', protocol: 'TCP' } }];

/** Pod templates by kind. */
const templatePaths: Readonly<Record<string, string[]>> = {
  StatefulSet: ['spec', 'template', 'spec'],
  Deployment: ['spec', 'template', 'spec'],
  DaemonSet: ['spec', 'template', 'spec'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
};

function duplicateProblems(manifest: Manifest): Problem[] {
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

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function duplicates(manifest: ObjectName, owner: unknown, at: string, rules: ListRule[]): Problem[] {
  return rules.flatMap(({ field, keys }) => {
    const items = listAt(owner, [field]).filter(isRecord);
    const names = items.map((item) => Object.entries(keys).map(([key, absent]) => textOf(item[key]) || absent));
    const counts = Map.groupBy(names, (name) => name.join('/'));
    return [...counts].flatMap(([name, { length }]) =>
      length < 2
        ? []
        : [{ path: `${describeObject(manifest)} ${at}.${field}`, message: `has ${name} ${length} times` }],
    );
  });
}
