import type { ResolvedImage } from '../../core/cloud.ts';
import type { RunParts, RunState } from '../resources/collections.ts';

/** Resolves a revision's or an execution's image: by its pinned digest, else by its reference. */
export function resolveImage({ cloud, state }: RunParts, owner: string, reference: string): ResolvedImage | undefined {
  return cloud.images.resolve(state.pinnedImages.get(owner) ?? reference);
}

/** Pins the digest that an image has now, so that a tag that moves later does not move its owner. */
export function pinImage(state: RunState, owner: string, reference: string, digest: string): void {
  const repository = reference.replace(/@sha256:[0-9a-f]{64}$/, '').replace(/:[\w][\w.-]{0,127}$/, '');
  state.pinnedImages.put(owner, `${repository}@${digest}`);
}
