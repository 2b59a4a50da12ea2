import type { TargetEntry } from '../../contract/catalog/targets/index.ts';
import type { Instance } from '../../contract/drill.ts';
import type { WriteRequest } from './target.ts';

/** Ends single instances of what serves; the platform replaces them by itself. For drills. */
export interface Instances<Entry extends TargetEntry = TargetEntry> {
  /** Lists the instances of a target in the order in which its platform would replace them. */
  list(target: Entry): Promise<Instance[]>;
  /**
   * Ends these instances one after the other, each only when all are ready, and waits until they are again. Safe to
   * repeat: an instance is named by its id, and one that is gone is not ended again. It checks the fence before each.
   * Throws `GateFailed` if a replacement does not become ready.
   */
  replace(target: Entry, request: ReplaceRequest): Promise<void>;
}

export interface ReplaceRequest extends WriteRequest {
  instances: readonly Instance[];
}
