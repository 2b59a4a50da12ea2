import type { Cloud } from '../core/cloud.ts';
import { RpcError } from '../server/errors.ts';
import { paginate } from '../server/pages.ts';
import { unary } from '../server/rpc.ts';
import type { UnaryHandler } from '../server/rpc.ts';
import { presentSecret } from './present.ts';
import { secretProblems } from './secret-problems.ts';
import type { Replication, SecretRecord, SecretStore } from './secret-store.ts';

export interface SecretMessage {
  name: string;
  replication: Replication | null;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  versionAliases: Record<string, string>;
  etag: string;
}
interface CreateSecretRequest {
  parent: string;
  secretId: string;
  secret: SecretMessage | null;
}
interface UpdateSecretRequest {
  secret: SecretMessage | null;
  updateMask: { paths: string[] } | null;
}
interface ListSecretsRequest {
  parent: string;
  filter: string;
  pageSize: number;
  pageToken: string;
}

const UPDATABLE = ['labels', 'annotations', 'version_aliases'] as const;

/** Serves the secrets of google.cloud.secretmanager.v1.SecretManagerService. */
export function secretMethods(cloud: Cloud, store: SecretStore): Record<string, UnaryHandler> {
  return {
    CreateSecret: unary((request: CreateSecretRequest, call) => {
      checkParent(request.parent, cloud.project);
      if (!/^[A-Za-z0-9_-]{1,255}$/.test(request.secretId))
        throw RpcError.invalid([
          { field: 'secret_id', description: 'must be 1 to 255 letters, digits, hyphens or underscores' },
        ]);
      if (!request.secret?.replication && !request.parent.includes('/locations/'))
        throw RpcError.invalid([{ field: 'secret.replication', description: 'is required' }]);
      refuseProblems(secretProblems(request.secret));
      const name = `${request.parent}/secrets/${request.secretId}`;
      if (store.secrets.get(name) !== undefined)
        throw new RpcError('ALREADY_EXISTS', `Secret [${name}] already exists.`);
      const { labels = {}, annotations = {}, replication } = request.secret ?? {};
      const saved = store.saveSecret({
        name,
        createTime: new Date().toISOString(),
        ...(replication && { replication }),
        labels,
        annotations,
        versionAliases: {},
        lastVersion: 0,
      });
      call.effect('created', name);
      return presentSecret(saved);
    }),
    GetSecret: unary((request: { name: string }) => presentSecret(store.secret(request.name))),
    ListSecrets: unary((request: ListSecretsRequest) => {
      checkParent(request.parent, cloud.project);
      if (request.filter !== '')
        throw RpcError.invalid([{ field: 'filter', description: 'is not supported for this list' }]);
      const all = store.secrets.list(`${request.parent}/secrets/`);
      const page = paginate(all, request);
      return { secrets: page.items.map(presentSecret), nextPageToken: page.nextPageToken, totalSize: all.length };
    }),
    UpdateSecret: unary((request: UpdateSecretRequest, call) => {
      const found = store.secret(request.secret?.name ?? '');
      checkEtag(found, request.secret?.etag);
      const paths = request.updateMask?.paths ?? [];
      refuseProblems(secretProblems(request.secret, found).filter(({ path }) => path === '' || paths.includes(path)));
      const saved = store.saveSecret(updated(found, request));
      call.effect('updated', saved.name);
      return presentSecret(saved);
    }),
    DeleteSecret: unary((request: { name: string; etag: string }, call) => {
      const found = store.secret(request.name);
      checkEtag(found, request.etag);
      store.remove(found);
      call.effect('deleted', found.name);
      return {};
    }),
  };
}

function refuseProblems(problems: readonly { field: string; description: string }[]): void {
  if (problems.length > 0) throw RpcError.invalid(problems.map(({ field, description }) => ({ field, description })));
}

function checkParent(parent: string, project: string): void {
  if (parent === `projects/${project}` || parent.startsWith(`projects/${project}/locations/`)) return;
  throw new RpcError('PERMISSION_DENIED', `Permission denied on resource project ${parent.replace('projects/', '')}.`);
}

function checkEtag(found: SecretRecord, etag: string | undefined): void {
  if (!etag || etag === found.etag) return;
  throw new RpcError(
    'FAILED_PRECONDITION',
    `The etag ${etag} does not match the current one of Secret [${found.name}].`,
  );
}

function updated(found: SecretRecord, request: UpdateSecretRequest): SecretRecord {
  const paths = request.updateMask?.paths ?? [];
  const unknown = paths.filter((path) => !(UPDATABLE as readonly string[]).includes(path));
  if (paths.length === 0 || unknown.length > 0) {
    throw RpcError.invalid([
      {
        field: 'update_mask',
        description:
          `must name some of ${UPDATABLE.join(', ')}` + (unknown.length > 0 ? `, not ${unknown.join(', ')}` : ''),
      },
    ]);
  }
  return {
    ...found,
    ...(paths.includes('labels') && { labels: request.secret?.labels ?? {} }),
    ...(paths.includes('annotations') && { annotations: request.secret?.annotations ?? {} }),
    ...(paths.includes('version_aliases') && { versionAliases: request.secret?.versionAliases ?? {} }),
  };
}
