import { createHash } from 'node:crypto';
import { RpcError } from '../server/errors.ts';
import type { Collection, Store } from '../store/store.ts';

export type VersionState = 'ENABLED' | 'DISABLED' | 'DESTROYED';

/** Platform: google.cloud.secretmanager.v1.Replication; where the values are kept. */
export interface Replication {
  automatic?: object;
  userManaged?: { replicas: { location: string }[] };
}

export interface SecretRecord {
  name: string;
  createTime: string;
  /** Absent in a secret that an earlier version of the emulator made: automatic. */
  replication?: Replication;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  versionAliases: Record<string, string>;
  lastVersion: number;
  etag: string;
}

export interface VersionRecord {
  name: string;
  number: number;
  createTime: string;
  destroyTime?: string;
  state: VersionState;
  /** Base64; gone once the version is destroyed. */
  payload?: string;
  etag: string;
  checked: boolean;
}

export interface SecretStore {
  secrets: Collection<SecretRecord>;
  secret(name: string): SecretRecord;
  versionsOf(secret: SecretRecord): VersionRecord[];
  /**
   * Finds a version by number, `latest` or alias. Only an access by number sees a new one at once (platform: Secret
   * Manager, resource consistency); every other look may lag behind.
   */
  version(name: string, look?: 'access'): VersionRecord;
  saveSecret(secret: Omit<SecretRecord, 'etag'>): SecretRecord;
  saveVersion(version: Omit<VersionRecord, 'etag'>): VersionRecord;
  remove(secret: SecretRecord): void;
}

const VERSION_NAME = /^(?<secret>projects\/[^/]+\/(?:locations\/[^/]+\/)?secrets\/[^/]+)\/versions\/(?<version>[^/]+)$/;

const SECRET_NAME = /^projects\/[^/]+\/(?:locations\/[^/]+\/)?secrets\/[^/]+$/;

export function openSecretStore(store: Store, lagMs: () => number): SecretStore {
  const secrets = store.collection<SecretRecord>('secrets');
  const versions = store.collection<VersionRecord>('secrets.versions');
  const keyOf = (secret: string, number: number): string => `${secret}/versions/${String(number).padStart(8, '0')}`;
  const isSettled = ({ createTime }: VersionRecord): boolean => Date.now() - Date.parse(createTime) >= lagMs();
  const versionsOf = (of: SecretRecord): VersionRecord[] =>
    versions
      .list(`${of.name}/versions/`)
      .filter(isSettled)
      .toSorted((one, other) => other.number - one.number);
  const secret = (name: string): SecretRecord => {
    if (!SECRET_NAME.test(name))
      throw RpcError.invalid([{ field: 'name', description: `'${name}' is not projects/*/secrets/*` }]);
    const found = secrets.get(name);
    if (found === undefined) throw new RpcError('NOT_FOUND', `Secret [${name}] not found.`);
    return found;
  };
  return {
    secrets,
    secret,
    versionsOf,
    version: (name, look) => {
      const groups = VERSION_NAME.exec(name)?.groups;
      if (groups === undefined)
        throw RpcError.invalid([{ field: 'name', description: `'${name}' is not projects/*/secrets/*/versions/*` }]);
      const of = secret(groups['secret'] ?? '');
      const requested = groups['version'] ?? '';
      const isNumber = /^[1-9]\d*$/.test(requested);
      const number = isNumber ? Number(requested) : Number(of.versionAliases[requested]);
      const found =
        requested === 'latest'
          ? versionsOf(of)[0]
          : Number.isInteger(number)
            ? versions.get(keyOf(of.name, number))
            : undefined;
      const mayLag = look !== 'access' || !isNumber;
      if (found === undefined || (mayLag && !isSettled(found)))
        throw new RpcError('NOT_FOUND', `Secret Version [${name}] not found.`);
      return found;
    },
    saveSecret: (record) => {
      const saved = { ...record, etag: etagOf(record) };
      secrets.put(record.name, saved);
      return saved;
    },
    saveVersion: (record) => {
      const saved = { ...record, etag: etagOf({ ...record, payload: undefined }) };
      versions.put(keyOf(record.name.slice(0, record.name.lastIndexOf('/versions/')), record.number), saved);
      return saved;
    },
    remove: (of) => {
      for (const version of versions.list(`${of.name}/versions/`)) versions.delete(keyOf(of.name, version.number));
      secrets.delete(of.name);
    },
  };
}

/** Makes a record's etag, a new one at each change, because the old one is part of what is hashed. */
function etagOf(record: object): string {
  const hash = createHash('sha256').update(JSON.stringify(record)).update(String(process.hrtime.bigint()));
  return `"${hash.digest('hex').slice(0, 14)}"`;
}
