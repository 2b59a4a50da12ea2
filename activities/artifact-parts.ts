import { digestOf } from '../contract/artifact.ts';
import type { Images } from './ports/index.ts';

/**
 * Says whether a digest that a platform names is the pinned artifact, or a part of it: one image of an index, or an
 * image's configuration. Only the registry's own manifests prove that; all comparisons go through here (ADR 0058).
 */
export async function isOfArtifact(images: Images, pinned: string, digest: string): Promise<boolean> {
  if (digest === '' || digestOf(pinned) === undefined) return false;
  return digestOf(pinned) === digest || (await images.partsOf(pinned)).includes(digest);
}
