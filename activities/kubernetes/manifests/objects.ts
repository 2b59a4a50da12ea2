import { send, type Caller } from '../call.ts';
import type { Resource } from '../client.ts';
import { isAlreadyThere, orUndefined } from '../failure.ts';
import { finalFailure } from '../../failure.ts';
import { describeObject, nameOf, type Manifest, type ObjectName } from './manifest.ts';
import { fieldManager } from './owned-fields.ts';
import type { PatchOperation } from './take-over.ts';

/**
 * Reads and writes objects of any kind as JSON. The client library is not used for it: it drops the fields that it does
 * not know, so that the server could not refuse them.
 */
export interface Objects {
  read(name: ObjectName): Promise<Manifest | undefined>;
  /** Applies a manifest on the server by our field manager. `force` takes fields that others own. */
  apply(manifest: Manifest, options: { dryRun: boolean; force?: boolean }): Promise<Manifest>;
  patch(name: ObjectName, operations: readonly PatchOperation[], options?: { dryRun: boolean }): Promise<Manifest>;
  /** Patches exactly the version of an object that was read. */
  patchVersion(live: Manifest, operations: readonly PatchOperation[]): Promise<Manifest>;
  create(manifest: Manifest): Promise<Manifest>;
  /** Creates an object, or answers the one that has its name already. */
  createOrFind(manifest: Manifest): Promise<Manifest>;
  list(kind: Pick<ObjectName, 'apiVersion' | 'kind'>, namespace: string, labels?: string): Promise<Manifest[]>;
  /** Lists names, labels and annotations, and nothing of the contents. */
  listMetadata(kind: Pick<ObjectName, 'apiVersion' | 'kind'>, namespace: string, labels: string): Promise<Manifest[]>;
  /** Deletes exactly this object; one of the same name that came after it stays. */
  delete(name: ObjectName, uid: string): Promise<void>;
}

const metadataOnly = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

/** Opens the objects of a caller's cluster. What kinds there are is read once for a process. */
export function openObjects(caller: Caller): Objects {
  const objects: Objects = {
    read: async (name) =>
      orUndefined(send<Manifest>(caller, `read ${describeObject(name)}`, { method: 'GET', path: await pathOf(name) })),

    async apply(manifest, { dryRun, force = false }) {
      const query = { fieldManager, force: String(force), fieldValidation: 'Strict', ...(dryRun && { dryRun: 'All' }) };
      const doing = `${dryRun ? 'dry run of' : 'apply'} ${describeObject(manifest)}`;
      const contentType = 'application/apply-patch+yaml';
      return send(caller, doing, { method: 'PATCH', path: await pathOf(manifest), query, contentType, body: manifest });
    },

    async patch(name, operations, { dryRun } = { dryRun: false }) {
      const doing = `${dryRun ? 'dry run of' : 'patch'} ${describeObject(name)}`;
      const contentType = 'application/json-patch+json';
      const query = { fieldManager, fieldValidation: 'Strict', ...(dryRun && { dryRun: 'All' }) };
      return send(caller, doing, { method: 'PATCH', path: await pathOf(name), query, contentType, body: operations });
    },

    async create(manifest) {
      const query = { fieldManager, fieldValidation: 'Strict' };
      const path = await collectionOf(manifest, manifest.metadata.namespace);
      const doing = `create ${describeObject(manifest)}`;
      return send(caller, doing, { method: 'POST', path, query, contentType: 'application/json', body: manifest });
    },

    patchVersion: (live, operations) =>
      objects.patch(nameOf(live), [
        { op: 'test', path: '/metadata/uid', value: live.metadata.uid },
        { op: 'replace', path: '/metadata/resourceVersion', value: live.metadata.resourceVersion },
        ...operations,
      ]),

    async createOrFind(manifest) {
      try {
        return await objects.create(manifest);
      } catch (error) {
        const there = isAlreadyThere(error) ? await objects.read(manifest) : undefined;
        if (!there) throw error;
        return there;
      }
    },

    list: (kind, namespace, labels) => listOf(kind, namespace, labels, 'application/json'),
    listMetadata: (kind, namespace, labels) => listOf(kind, namespace, labels, metadataOnly),

    async delete(name, uid) {
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } };
      const doing = `delete ${describeObject(name)}`;
      const deletion = { method: 'DELETE', path: await pathOf(name), contentType: 'application/json', body };
      await orUndefined(send(caller, doing, deletion));
    },
  };
  return objects;

  async function listOf(
    kind: Pick<ObjectName, 'apiVersion' | 'kind'>,
    namespace: string,
    labels: string | undefined,
    accept: string,
  ): Promise<Manifest[]> {
    const path = await collectionOf(kind, namespace);
    const query: Record<string, string> = labels === undefined ? {} : { labelSelector: labels };
    const list = await send<{ items: Manifest[] | null }>(caller, `list ${kind.kind}`, {
      method: 'GET',
      path,
      query,
      accept,
    });
    // Items of a list do not say their kind; a list of metadata with nothing in it has none at all.
    return (list.items ?? []).map((item) => ({ ...item, ...kind }));
  }

  async function pathOf(name: ObjectName): Promise<string> {
    return `${await collectionOf(name, name.metadata.namespace)}/${encodeURIComponent(name.metadata.name)}`;
  }

  async function collectionOf(
    { apiVersion, kind }: Pick<ObjectName, 'apiVersion' | 'kind'>,
    namespace: string | undefined,
  ): Promise<string> {
    const { name, namespaced } = await resourceOf(apiVersion, kind);
    const place = namespaced ? `/namespaces/${encodeURIComponent(namespace ?? 'default')}` : '';
    return `${groupPath(apiVersion)}${place}/${name}`;
  }

  async function resourceOf(apiVersion: string, kind: string): Promise<Resource> {
    const find = async (): Promise<Resource | undefined> =>
      (await knownResources(caller, apiVersion)).find((one) => one.kind === kind && !one.name.includes('/'));
    const known = await find();
    if (known) return known;
    // It may have come since they were read.
    caller.client.discovery.delete(apiVersion);
    const found = await find();
    if (!found) throw finalFailure('Missing', `the cluster does not know the kind ${kind} of ${apiVersion}`);
    return found;
  }
}

/** Reads the resources of an API once. Others may wait for the same answer, so no caller's signal ends it. */
function knownResources({ client }: Caller, apiVersion: string): Promise<Resource[]> {
  const known = client.discovery.get(apiVersion) ?? readResources({ client }, apiVersion);
  client.discovery.set(apiVersion, known);
  known.catch(() => client.discovery.delete(apiVersion));
  return known;
}

async function readResources(caller: Caller, apiVersion: string): Promise<Resource[]> {
  const doing = `read the kinds of ${apiVersion}`;
  const list = send<{ resources: Resource[] }>(caller, doing, { method: 'GET', path: groupPath(apiVersion) });
  return (await orUndefined(list))?.resources ?? [];
}

/** Answers the path of an API: the core is `v1`, all others have a group. */
function groupPath(apiVersion: string): string {
  return `${apiVersion.includes('/') ? '/apis' : '/api'}/${apiVersion}`;
}
