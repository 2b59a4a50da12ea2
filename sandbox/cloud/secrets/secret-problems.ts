import type { SecretMessage } from './secret-methods.ts';
import type { SecretRecord } from './secret-store.ts';

/** One problem of a secret that was sent; `path` is its field in an update's mask, empty if it has none. */
export interface SecretProblem {
  path: string;
  field: string;
  description: string;
}

/** What the platform has and this emulator has not: sent all the same, it must not be taken for done. */
const NOT_EMULATED = [
  'ttl',
  'expireTime',
  'rotation',
  'topics',
  'versionDestroyTtl',
  'customerManagedEncryption',
  'tags',
] as const;

/** Platform: Secret Manager, Secret.labels, Secret.version_aliases. */
const LABEL_KEY = /^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u;
const LABEL_VALUE = /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u;
const ALIAS = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;
const MAX_LABELS = 64;
const MAX_ALIASES = 50;
const MAX_ANNOTATION_BYTES = 16 << 10;

/** Lists what is wrong with a secret that is created, or that changes a stored one. */
export function secretProblems(secret: SecretMessage | null, stored?: SecretRecord): SecretProblem[] {
  if (secret === null) return [];
  const { labels = {}, annotations = {}, versionAliases = {}, replication } = secret;
  const sent = secret as unknown as Record<string, unknown>;
  const wrong = (path: string, description: string): SecretProblem => ({ path, field: `secret.${path}`, description });
  const isSet = (value: unknown): boolean =>
    value !== undefined && value !== null && !(typeof value === 'object' && Object.keys(value).length === 0);
  const sizeOfAnnotations = Buffer.byteLength(Object.entries(annotations).flat().join(''));
  const aliases = Object.entries(versionAliases);
  return [
    ...NOT_EMULATED.filter((name) => isSet(sent[name])).map((name) => ({
      path: '',
      field: `secret.${name}`,
      description: 'is not emulated here',
    })),
    ...(Object.keys(labels).length > MAX_LABELS ? [wrong('labels', `must be at most ${MAX_LABELS}`)] : []),
    ...Object.entries(labels)
      .filter(([key, value]) => !LABEL_KEY.test(key) || !LABEL_VALUE.test(value))
      .map(([key]) => wrong('labels', `${key} has a key or a value that is no label`)),
    ...(sizeOfAnnotations > MAX_ANNOTATION_BYTES
      ? [wrong('annotations', `must have at most ${MAX_ANNOTATION_BYTES} bytes`)]
      : []),
    ...(aliases.length > MAX_ALIASES ? [wrong('version_aliases', `must be at most ${MAX_ALIASES}`)] : []),
    ...aliases
      .filter(([alias, number]) => {
        const isName = ALIAS.test(alias) && alias !== 'latest';
        return !isName || Number(number) < 1 || Number(number) > (stored?.lastVersion ?? 0);
      })
      .map(([alias]) => wrong('version_aliases', `${alias} is no name of a version that exists`)),
    ...(replication?.userManaged && replication.userManaged.replicas.length === 0
      ? [{ path: '', field: 'secret.replication.user_managed', description: 'must have a replica' }]
      : []),
  ];
}
