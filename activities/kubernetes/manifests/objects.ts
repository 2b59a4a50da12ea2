import { text } from 'node:stream/consumers';
import { CallError } from '../call-error.ts';
import { userAgent, type Caller } from '../call.ts';
import { NoAnswer } from '../connection.ts';
import { orUndefined } from '../failure.ts';
import { finalFailure } from '../../failure.ts';
import { describeObject, type Manifest, type ObjectName } from './manifest.ts';
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
  create(manifest: Manifest): Promise<Manifest>;
  list(kind: Pick<ObjectName, 'apiVersion' | 'kind'>, namespace: string, labels?: string): Promise<Manifest[]>;
  /** Lists names, labels and annotations, and nothing of the contents. */
  listMetadata(kind: Pick<ObjectName, 'apiVersion' | 'kind'>, namespace: string, labels: string): Promise<Manifest[]>;
  /** Deletes exactly this object; one of the same name that came after it stays. */
  delete(name: ObjectName, uid: string): Promise<void>;
}

interface Resource {
  kind: string;
  name: string;
  namespaced: boolean;
}

interface Call {
  method: string;
  path: string;
  query?: Record<string, string>;
  accept?: string;
  contentType?: string;
  body?: unknown;
}

const metadataOnly = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

/** Opens the objects of a caller's cluster. What kinds there are is read once. */
export function openObjects(caller: Caller): Objects {
  const resources = new Map<string, Promise<Resource[]>>();

  return {
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

    list: (kind, namespace, labels) => listOf(kind, namespace, labels, 'application/json'),
    listMetadata: (kind, namespace, labels) => listOf(kind, namespace, labels, metadataOnly),

    async delete(name, uid) {
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } };
      const doing = `delete ${describeObject(name)}`;
      const deletion = { method: 'DELETE', path: await pathOf(name), contentType: 'application/json', body };
      await orUndefined(send(caller, doing, deletion));
    },
  };

  async function listOf(
    kind: Pick<ObjectName, 'apiVersion' | 'kind'>,
    namespace: string,
    labels: string | undefined,
    accept: string,
  ): Promise<Manifest[]> {
    const path = await collectionOf(kind, namespace);
    const query: Record<string, string> = labels === undefined ? {} : { labelSelector: labels };
    const list = await send<{ items: Manifest[] }>(caller, `list ${kind.kind}`, { method: 'GET', path, query, accept });
    // Items of a list do not say their kind.
    return list.items.map((item) => ({ ...item, ...kind }));
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
    const known = resources.get(apiVersion) ?? readResources(caller, apiVersion);
    resources.set(apiVersion, known);
    known.catch(() => resources.delete(apiVersion));
    const found = (await known).find((resource) => resource.kind === kind && !resource.name.includes('/'));
    if (!found) throw finalFailure('Missing', `the cluster does not know the kind ${kind} of ${apiVersion}`);
    return found;
  }
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

/** Makes one call, once; an error is a CallError, which says what is known of the effect. */
async function send<T>(caller: Caller, doing: string, asked: Call): Promise<T> {
  const { client, marker, signal } = caller;
  const timeout = AbortSignal.timeout(client.callTimeoutMs);
  const sent = asked.body === undefined ? undefined : JSON.stringify(asked.body);
  const query = asked.query ? `?${new URLSearchParams(asked.query).toString()}` : '';
  try {
    const response = await client.connection.send({
      method: asked.method,
      path: asked.path + query,
      headers: {
        accept: asked.accept ?? 'application/json',
        'user-agent': userAgent(marker),
        ...(asked.contentType && { 'content-type': asked.contentType }),
        // Node sends the body of a DELETE without its length otherwise, and the server refuses that.
        ...(sent !== undefined && { 'content-length': Buffer.byteLength(sent) }),
      },
      ...(sent !== undefined && { body: sent }),
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    const body = await text(response);
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return JSON.parse(body) as T;
    throw CallError.ofAnswer(doing, status, body, response.headers['retry-after']);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof CallError) throw error;
    throw CallError.ofSilence(doing, error instanceof NoAnswer ? error : new NoAnswer(error));
  }
}
