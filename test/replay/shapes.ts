import { approvalShapes } from './approval-shapes.ts';
import { deployShapes } from './deploy-shapes.ts';
import { environmentShapes } from './environment-shapes.ts';
import { incidentShapes } from './incident-shapes.ts';
import { operationShapes } from './operation-shapes.ts';
import { releaseShapes } from './release-shapes.ts';
import { rollbackShapes } from './rollback-shapes.ts';
import type { Shape } from './shape.ts';

/** All ways through the workflows of which there is a recorded history. */
export const shapes: readonly Shape[] = [
  ...deployShapes,
  ...releaseShapes,
  ...approvalShapes,
  ...rollbackShapes,
  ...operationShapes,
  ...incidentShapes,
  ...environmentShapes,
];
