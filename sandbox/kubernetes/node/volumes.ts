import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { V1Container, V1KeyToPath, V1Volume } from '@kubernetes/client-node';
import type { ConfigReader } from './config-reader.ts';
import { ConfigError } from './config-reader.ts';
import type { EnvironmentFacts } from './environment.ts';
import { field } from './environment.ts';

/** Folders of a pod's volumes, by their names. */
export type VolumeFolders = Map<string, string>;

export interface VolumePlaces {
  /** Goes with the pod. */
  pod: string;
  /** Stays: the claims of one namespace. */
  claims: string;
}

/** Makes a pod's volumes as folders; throws a ConfigError where one cannot be filled. */
export async function makeVolumes(
  facts: Omit<EnvironmentFacts, 'services'>,
  places: VolumePlaces,
  config: ConfigReader,
): Promise<VolumeFolders> {
  const folders: VolumeFolders = new Map();
  for (const volume of facts.pod.spec?.volumes ?? []) {
    const claim = volume.persistentVolumeClaim?.claimName;
    const folder = claim ? join(places.claims, claim) : join(places.pod, 'volumes', volume.name);
    await mkdir(folder, { recursive: true });
    for (const [path, content, mode] of await contentOf(volume, facts, config)) {
      const file = join(folder, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
      await chmod(file, mode);
    }
    folders.set(volume.name, folder);
  }
  return folders;
}

type VolumeFile = [path: string, content: Buffer | string, mode: number];

const defaultMode = 0o644;

async function contentOf(
  volume: V1Volume,
  facts: Omit<EnvironmentFacts, 'services'>,
  config: ConfigReader,
): Promise<VolumeFile[]> {
  const { configMap, secret, projected, downwardAPI } = volume;
  if (configMap) {
    const data = await config.configMap(configMap.name ?? '', configMap.optional ?? false);
    return files(data, configMap.items, configMap.defaultMode);
  }
  if (secret) {
    const data = await config.secret(secret.secretName ?? '', secret.optional ?? false);
    return files(data, secret.items, secret.defaultMode);
  }
  if (downwardAPI)
    return (downwardAPI.items ?? []).map((item) => [
      item.path,
      field(item.fieldRef?.fieldPath ?? '', facts),
      item.mode ?? downwardAPI.defaultMode ?? defaultMode,
    ]);
  // Platform: the token of the service account is a projected volume of its own kind; no program here needs it.
  const sources = (projected?.sources ?? []).filter((source) => !source.serviceAccountToken);
  const parts = sources.map(({ configMap, secret, downwardAPI }) =>
    contentOf(
      { name: volume.name, configMap, downwardAPI, secret: secret && { ...secret, secretName: secret.name } },
      facts,
      config,
    ),
  );
  return (await Promise.all(parts)).flat();
}

function files(data: Map<string, Buffer> | undefined, items?: V1KeyToPath[], mode = defaultMode): VolumeFile[] {
  if (!data) return [];
  if (!items) return [...data].map(([key, content]) => [key, content, mode]);
  return items.map((item) => {
    const content = data.get(item.key);
    if (!content) throw new ConfigError(`references non-existent config key: ${item.key}`);
    return [item.path, content, item.mode ?? mode];
  });
}

/**
 * Makes a function that moves paths below a mount to the volume's folder. A process has no mounts of its own here, so
 * its arguments and variables are told the real place instead.
 */
export function mountedPaths(container: V1Container, folders: VolumeFolders): (text: string) => string {
  const mounts = (container.volumeMounts ?? [])
    .map(({ mountPath, name, subPath }) => ({
      mountPath: mountPath.replace(/\/+$/, ''),
      folder: join(folders.get(name) ?? '', subPath ?? ''),
    }))
    .filter(({ mountPath }) => mountPath !== '')
    .sort((one, other) => other.mountPath.length - one.mountPath.length);
  if (mounts.length === 0) return (text) => text;
  const escaped = mounts.map(({ mountPath }) => mountPath.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const pattern = new RegExp(`(?<![\\w./-])(${escaped.join('|')})(?![\\w.-])`, 'g');
  const places = new Map(mounts.map(({ mountPath, folder }) => [mountPath, folder]));
  return (text) => text.replace(pattern, (path) => places.get(path) ?? path);
}
