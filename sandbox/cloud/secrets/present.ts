import type { SecretRecord, VersionRecord } from './secret-store.ts';

export interface Timestamp {
  seconds: string;
  nanos: number;
}

/** Presents a secret as google.cloud.secretmanager.v1.Secret. */
export function presentSecret(secret: SecretRecord): object {
  const { name, createTime, labels, annotations, versionAliases, etag } = secret;
  return {
    name,
    createTime: timestamp(createTime),
    labels,
    annotations,
    versionAliases,
    etag,
    replication: secret.replication ?? { automatic: {} },
  };
}

/** Presents a version as google.cloud.secretmanager.v1.SecretVersion, without the payload. */
export function presentVersion(version: VersionRecord): object {
  const { name, createTime, destroyTime, state, etag, checked } = version;
  return {
    name,
    createTime: timestamp(createTime),
    ...(destroyTime !== undefined && { destroyTime: timestamp(destroyTime) }),
    state,
    etag,
    clientSpecifiedPayloadChecksum: checked,
    replicationStatus: { automatic: {} },
  };
}

function timestamp(iso: string): Timestamp {
  const at = Date.parse(iso);
  return { seconds: String(Math.floor(at / 1_000)), nanos: (at % 1_000) * 1e6 };
}
