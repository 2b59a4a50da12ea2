import { RpcError } from '../server/errors.ts';
import { paginate } from '../server/pages.ts';
import { unary } from '../server/rpc.ts';
import type { UnaryHandler } from '../server/rpc.ts';
import { crc32c } from '../storage/crc32c.ts';
import { presentVersion } from './present.ts';
import type { SecretStore, VersionRecord, VersionState } from './secret-store.ts';

interface AddSecretVersionRequest {
  parent: string;
  payload: { data: Buffer; dataCrc32c?: string } | null;
}
interface VersionRequest {
  name: string;
  etag: string;
}
interface ListSecretVersionsRequest {
  parent: string;
  filter: string;
  pageSize: number;
  pageToken: string;
}

const MAX_PAYLOAD_BYTES = 64 << 10;

/** Serves the versions of secrets of google.cloud.secretmanager.v1.SecretManagerService. */
export function versionMethods(store: SecretStore): Record<string, UnaryHandler> {
  const changeTo = (state: VersionState): UnaryHandler =>
    unary((request: VersionRequest, call) => {
      const version = store.version(request.name);
      if (request.etag && request.etag !== version.etag)
        throw new RpcError(
          'FAILED_PRECONDITION',
          `The etag ${request.etag} does not match the current one of Secret Version [${version.name}].`,
        );
      if (version.state === 'DESTROYED')
        throw new RpcError('FAILED_PRECONDITION', `Secret Version [${version.name}] is in DESTROYED state.`);
      const { payload, ...rest } = version;
      const gone = state === 'DESTROYED' ? { destroyTime: new Date().toISOString() } : { payload };
      const saved = store.saveVersion({ ...rest, ...gone, state });
      call.effect(state === 'DESTROYED' ? 'deleted' : 'updated', saved.name);
      return presentVersion(saved);
    });
  return {
    AddSecretVersion: unary((request: AddSecretVersionRequest, call) => {
      const saved = addVersion(store, request);
      call.effect('created', saved.name);
      return presentVersion(saved);
    }),
    GetSecretVersion: unary((request: VersionRequest) => presentVersion(store.version(request.name))),
    AccessSecretVersion: unary((request: VersionRequest) => {
      const version = store.version(request.name, 'access');
      const data = payloadOf(version);
      if (data === undefined)
        throw new RpcError('FAILED_PRECONDITION', `Secret Version [${version.name}] is in ${version.state} state.`);
      return { name: version.name, payload: { data, dataCrc32c: String(crc32c(data)) } };
    }),
    ListSecretVersions: unary((request: ListSecretVersionsRequest) => {
      const all = store.versionsOf(store.secret(request.parent)).filter(stateFilter(request.filter));
      const page = paginate(all, request);
      return { versions: page.items.map(presentVersion), nextPageToken: page.nextPageToken, totalSize: all.length };
    }),
    EnableSecretVersion: changeTo('ENABLED'),
    DisableSecretVersion: changeTo('DISABLED'),
    DestroySecretVersion: changeTo('DESTROYED'),
  };
}

function addVersion(store: SecretStore, request: AddSecretVersionRequest): VersionRecord {
  const secret = store.secret(request.parent);
  const { data = Buffer.alloc(0), dataCrc32c } = request.payload ?? {};
  if (data.length === 0) throw RpcError.invalid([{ field: 'payload.data', description: 'must not be empty' }]);
  if (data.length > MAX_PAYLOAD_BYTES)
    throw RpcError.invalid([{ field: 'payload.data', description: `must have at most ${MAX_PAYLOAD_BYTES} bytes` }]);
  if (dataCrc32c !== undefined && Number(dataCrc32c) !== crc32c(data))
    throw RpcError.invalid([{ field: 'payload.data_crc32c', description: 'does not match the data' }]);
  const number = secret.lastVersion + 1;
  store.saveSecret({ ...secret, lastVersion: number });
  return store.saveVersion({
    name: `${secret.name}/versions/${number}`,
    number,
    createTime: new Date().toISOString(),
    state: 'ENABLED',
    payload: data.toString('base64'),
    checked: dataCrc32c !== undefined,
  });
}

/** Reads a version's payload; undefined where the version is disabled or destroyed. */
export function payloadOf(version: VersionRecord): Buffer | undefined {
  return version.state === 'ENABLED' && version.payload !== undefined
    ? Buffer.from(version.payload, 'base64')
    : undefined;
}

function stateFilter(filter: string): (version: VersionRecord) => boolean {
  if (filter.trim() === '') return () => true;
  const match = /^\s*state\s*[:=]\s*"?(ENABLED|DISABLED|DESTROYED)"?\s*$/i.exec(filter);
  if (match === null)
    throw RpcError.invalid([
      { field: 'filter', description: 'must be state:ENABLED, state:DISABLED or state:DESTROYED' },
    ]);
  return (version) => version.state === match[1]?.toUpperCase();
}
