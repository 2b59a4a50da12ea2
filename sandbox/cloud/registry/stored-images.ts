import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Images, ResolvedImage } from '../core/cloud.ts';
import { openStore } from '../store/store.ts';
import type { Store } from '../store/store.ts';
import type { TagRecord, VersionRecord } from './image-store.ts';
import { parseReference } from './reference.ts';

/** Names the folder of the image snapshots. */
export const imagesFolder = (dir: string): string => join(dir, 'images');

/** Looks images up in a cloud's store. */
export function imageLookup({ dir, store }: { dir: string; store: Store }): Pick<Images, 'resolve'> {
  const versions = store.collection<VersionRecord>('registry.versions');
  const tags = store.collection<TagRecord>('registry.tags');
  const find = (versionName: string | undefined): ResolvedImage | undefined => {
    const version = versionName === undefined ? undefined : versions.get(versionName);
    if (version === undefined) return undefined;
    const { digest, platforms } = version;
    const pathOf = (image: string): string => join(imagesFolder(dir), image.replace('sha256:', ''));
    const own = (platforms ?? [digest]).find((image) => existsSync(pathOf(image)));
    return own === undefined ? undefined : { digest, path: pathOf(own), ...(platforms && { platform: own }) };
  };
  return {
    resolve: (reference) => {
      const parsed = parseReference(reference);
      if (parsed === undefined) return undefined;
      const { packageName, digest, tag = 'latest' } = parsed;
      return find(
        digest === undefined ? tags.get(`${packageName}/tags/${tag}`)?.version : `${packageName}/versions/${digest}`,
      );
    },
  };
}

/** Opens the images of a cloud that another process serves from the same folder. */
export function openStoredImages(dir: string): Pick<Images, 'resolve'> {
  return imageLookup({ dir, store: openStore(dir) });
}
