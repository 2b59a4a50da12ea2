import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { V1PolicyRule } from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import { auditEvents, type AuditEvent } from '../sandbox/cluster-programs.ts';
import type { Cluster } from '../sandbox/cluster.ts';
import { eventually } from '../until.ts';

const manifests = path.resolve(import.meta.dirname, '..', '..', 'deploy', 'kubernetes', 'rbac.yaml');
const account = 'slipway-worker';

/** What somebody may do: a verb and a resource, such as `get apps/statefulsets`. */
export type Right = `${string} ${string}`;

/** The worker's ServiceAccount in one namespace, with the rights of the project's manifests. */
export interface WorkerAccount {
  /** Path of a kubeconfig that has nothing but a token of the account. */
  kubeconfig: string;
  /** Lists the rights that the account has used, by the cluster's audit log. */
  usedRights: () => Promise<Right[]>;
  /** Withdraws one right, and waits until the server refuses it. */
  withdraw: (right: Right) => Promise<void>;
  /** Gives back what was withdrawn, and waits until the server allows it. */
  giveBack: () => Promise<void>;
}

/** Makes the account by `kubectl apply` and `kubectl create token`, as a person would. */
export async function openWorkerAccount(cluster: Cluster, namespace: string): Promise<WorkerAccount> {
  const kubectl = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await cluster.kubectl('-n', namespace, ...args);
    if (code !== 0) throw new Error(stderr);
    return stdout.trim();
  };
  const user = `system:serviceaccount:${namespace}:${account}`;
  await kubectl('apply', '-f', manifests);
  const kubeconfig = path.join(cluster.folder, `${namespace}-worker.json`);
  await writeFile(kubeconfig, JSON.stringify(kubeconfigOf(cluster, await kubectl('create', 'token', account))));

  let withdrawn: Right | undefined;
  const setRules = async (rules: V1PolicyRule[]): Promise<void> => {
    await kubectl('patch', 'role', account, '--type=merge', '-p', JSON.stringify({ rules }));
  };
  const may = async (right: Right): Promise<string> => {
    const [verb = '', resource = ''] = right.split(' ');
    const [group, name, subresource] = partsOf(resource);
    const kind = group === '' ? name : `${name}.${group}`;
    const asked = [verb, kind, ...(subresource ? [`--subresource=${subresource}`] : []), '--as', user];
    return (await cluster.kubectl('-n', namespace, 'auth', 'can-i', ...asked)).stdout.trim();
  };
  return {
    kubeconfig,
    usedRights: async () => {
      const events = (await auditEvents(cluster.controlPlane.auditLog)).filter((one) => one.user.username === user);
      return [...new Set(events.flatMap(rightsOf))].sort();
    },
    withdraw: async (right) => {
      const rest = (await grantedRules()).flatMap((rule) => ruleWithout(rule, right));
      await setRules(rest.filter(({ verbs }) => verbs.length > 0));
      await eventually(`no right to ${right}`, async () => (await may(right)) === 'no');
      withdrawn = right;
    },
    giveBack: async () => {
      const right = withdrawn;
      if (right === undefined) return;
      await setRules(await grantedRules());
      await eventually(`the right to ${right}`, async () => (await may(right)) === 'yes');
      withdrawn = undefined;
    },
  };
}

/** Lists the rights that the manifests grant. */
export async function grantedRights(): Promise<Right[]> {
  return (await grantedRules()).flatMap(rightsOfRule).sort();
}

async function grantedRules(): Promise<V1PolicyRule[]> {
  const documents = parseAllDocuments(await readFile(manifests, 'utf8'));
  if ('empty' in documents) throw new Error(`${manifests} is empty`);
  const objects = documents.map((one) => one.toJS() as { kind: string; rules?: V1PolicyRule[] });
  return objects.find(({ kind }) => kind === 'Role')?.rules ?? [];
}

function rightsOfRule({ apiGroups = [], resources = [], verbs }: V1PolicyRule): Right[] {
  return apiGroups.flatMap((group) =>
    resources.flatMap((resource) => verbs.map((verb): Right => `${verb} ${nameOf(group, resource)}`)),
  );
}

/** Splits a rule by resource, so that one of them can lose a verb. */
function ruleWithout(rule: V1PolicyRule, right: Right): V1PolicyRule[] {
  const [withdrawn, from] = right.split(' ');
  return (rule.resources ?? []).map((resource) => {
    const isMeant = (rule.apiGroups ?? []).some((group) => nameOf(group, resource) === from);
    const verbs = rule.verbs.filter((verb) => !(isMeant && verb === withdrawn));
    return { ...rule, resources: [resource], verbs };
  });
}

/**
 * Reads the rights that a request needed. An apply that creates an object needs `create` beside `patch` (Kubernetes
 * documentation, server-side apply).
 */
function rightsOf({ verb, objectRef, responseStatus }: AuditEvent): Right[] {
  if (!objectRef) return [];
  const { apiGroup = '', resource, subresource } = objectRef;
  const name = nameOf(apiGroup, subresource ? `${resource}/${subresource}` : resource);
  const creates = verb === 'patch' && responseStatus?.code === 201;
  return [`${verb} ${name}`, ...(creates ? [`create ${name}` as const] : [])];
}

function nameOf(group: string, resource: string): string {
  return group === '' ? resource : `${group}/${resource}`;
}

/** Splits `apps/statefulsets` or `pods/log` into group, resource and subresource. */
function partsOf(name: string): [group: string, resource: string, subresource: string] {
  const [first = '', second = ''] = name.split('/');
  if (second === '') return ['', first, ''];
  return first === 'pods' ? ['', first, second] : [first, second, ''];
}

function kubeconfigOf(cluster: Cluster, token: string): object {
  const { server, caData, caFile } = cluster.config.getCurrentCluster() ?? {};
  const authority = caData ? { 'certificate-authority-data': caData } : { 'certificate-authority': caFile };
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'cluster', cluster: { server, ...authority } }],
    users: [{ name: account, user: { token } }],
    contexts: [{ name: 'worker', context: { cluster: 'cluster', user: account } }],
    'current-context': 'worker',
  };
}
