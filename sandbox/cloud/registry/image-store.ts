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
  /** Of an index: the digests of its images, one for each platform. */
  platforms?: string[];
}

/** The target of a tag; its key is `<package>/tags/<tag>`. */
export interface TagRecord {
  name: string;
  version: string;
}

type Times = 'createTime' | 'updateTime';

export interface ImageStore extends Images {
  versions: Collection<VersionRecord>;
  tags: Collection<TagRecord>;
  /** Stores an index of images under its digest, and points a tag at it, if one is given. */
  addIndex(image: string, tag: string | undefined, digest: string, platforms: string[]): void;
}

/** Opens the image snapshots below `<dir>/images`, with the packages, versions and tags that name them. */
export function openImageStore(cloud: Pick<Cloud, 'dir' | 'store'>): ImageStore {
  const folder = imagesFolder(cloud.dir);
  mkdirSync(folder, { recursive: true });
  removeUnfinished(folder);
  const versions = cloud.store.collection<VersionRecord>('registry.versions');
  const tags = cloud.store.collection<TagRecord>('registry.tags');
  const put = (packageName: string, tag: string | undefined, record: Omit<VersionRecord, 'name' | Times>): void => {
    const name = `${packageName}/versions/${record.digest}`;
    const now = new Date().toISOString();
    versions.put(name, { ...record, name, createTime: versions.get(name)?.createTime ?? now, updateTime: now });
    const tagName = `${packageName}/tags/${tag}`;
    if (tag !== undefined) tags.put(tagName, { name: tagName, version: name });
  };
  return {
    versions,
    tags,
    ...imageLookup(cloud),
    addIndex: (image, tag, digest, platforms) => {
      const parsed = parseReference(image);
      if (parsed) put(parsed.packageName, tag, { digest, platforms, sizeBytes: 0 });
    },
    add: async (reference, source) => {
      const parsed = parseReference(reference);
      if (parsed === undefined || parsed.digest !== undefined) {
        throw new Error(`'${reference}' is not LOCATION-docker.pkg.dev/PROJECT/REPOSITORY/IMAGE[:TAG]`);
      }
      const snapshot = await takeSnapshot(source, folder);
      const { digest, sizeBytes } = snapshot;
      put(parsed.packageName, parsed.tag ?? 'latest', { digest, sizeBytes });
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
