import type { EnvironmentEntry, MigrationOrder } from './catalog/catalog.ts';
import { hasCandidate } from './catalog/targets/index.ts';

/** Says when an environment's change migrates: as its catalog file says, else as its platform needs it. */
export function migrationOrder({ migration, target }: EnvironmentEntry): MigrationOrder {
  return migration?.when ?? (hasCandidate(target) ? 'afterStage' : 'beforeStage');
}
