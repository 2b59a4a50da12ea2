import { isRecord, type Manifest } from './manifest.ts';

/** Stands for a value of a Secret that nobody may see (invariant I9). */
const hidden = '(hidden)';
const hiddenChange = '(hidden, changes)';

/**
 * Writes the plain values of a Secret as its data, as the server stores them. Applied as `stringData` they would not be
 * ours, and so would never go.
 */
export function encodeSecret(manifest: Manifest): Manifest {
  const { stringData, ...secret } = manifest;
  if (manifest.kind !== 'Secret' || !isRecord(stringData)) return manifest;
  const encoded = Object.entries(stringData).map(([key, value]) => [
    key,
    typeof value === 'string' ? Buffer.from(value).toString('base64') : value,
  ]);
  return { ...secret, data: { ...(isRecord(secret.data) ? secret.data : {}), ...Object.fromEntries(encoded) } };
}

/** Hides the values of a Secret before and after a change, and says of each value that changes that it does. */
export function hideSecrets(before: Manifest | undefined, after: Manifest): [Manifest | undefined, Manifest] {
  if (after.kind !== 'Secret') return [before, after];
  const [old, fresh] = [dataOf(before), dataOf(after)];
  const changes = (key: string) => before !== undefined && old[key] !== fresh[key];
  return [
    before && withData(before, old, () => hidden),
    withData(after, fresh, (key) => (changes(key) ? hiddenChange : hidden)),
  ];
}

function withData(secret: Manifest, data: Record<string, unknown>, textOf: (key: string) => string): Manifest {
  return { ...secret, data: Object.fromEntries(Object.keys(data).map((key) => [key, textOf(key)])) };
}

function dataOf(secret: Manifest | undefined): Record<string, unknown> {
  return isRecord(secret?.data) ? secret.data : {};
}
