import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Cloud, Images } from '../core/cloud.ts';
import type { Collection } from '../store/store.ts';
import { parseReference } from './reference.ts';
import { takeSnapshot } from './snapshot.ts';
import { imageLookup, imagesFolder } from './stored-images.ts';

/** One uploaded image; its key is `<package>/versions/sha256:…`. */
export interface VersionRecord {
  name: string;
  digest: string;
  createTime: string;
  updateTime: string;
  sizeBytes: number;
}

/** The target of a tag; its key is `<package>/tags/<tag>`. */
export interface TagRecord {
  name: string;
  version: string;
}

export interface ImageStore extends Images {
  versions: Collection<VersionRecord>;
  tags: Collection<TagRecord>;
}

/** Opens the image snapshots below `<dir>/images`, with the packages, versions and tags that name them. */
export function openImageStore(cloud: Pick<Cloud, 'dir' | 'store'>): ImageStore {
  const folder = imagesFolder(cloud.dir);
  mkdirSync(folder, { recursive: true });
  removeUnfinished(folder);
  const versions = cloud.store.collection<VersionRecord>('registry.versions');
  const tags = cloud.store.collection<TagRecord>('registry.tags');
  return {
    versions,
    tags,
    ...imageLookup(cloud),
    add: async (reference, source) => {
      const parsed = parseReference(reference);
      if (parsed === undefined || parsed.digest !== undefined) {
        throw new Error(`'${reference}' is not LOCATION-docker.pkg.dev/PROJECT/REPOSITORY/IMAGE[:TAG]`);
      }
      const snapshot = await takeSnapshot(source, folder);
      const name = `${parsed.packageName}/versions/${snapshot.digest}`;
      const now = new Date().toISOString();
      const createTime = versions.get(name)?.createTime ?? now;
      versions.put(name, { name, digest: snapshot.digest, createTime, updateTime: now, sizeBytes: snapshot.sizeBytes });
      const tagName = `${parsed.packageName}/tags/${parsed.tag ?? 'latest'}`;
      tags.put(tagName, { name: tagName, version: name });
      return { digest: snapshot.digest, path: snapshot.path };
    },
  };
}

/** Removes what a killed process left half copied. */
function removeUnfinished(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (name.startsWith('.incoming-')) rmSync(join(folder, name), { recursive: true, force: true });
  }
}
