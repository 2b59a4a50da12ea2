import { describeShare, type ReadBack } from '../../../contract/live.ts';
import { awaiting } from '../../run/activities.ts';
import { finalAnswer } from '../../run/failures.ts';
import { changeStep } from './change-step.ts';

/**
 * Reads back what is served: success is what the platform serves, not that calls returned (invariants I2 and I7).
 * Without a revision any one will do that serves the artifact.
 */
export const readBack = changeStep<{ revision: string | null }, ReadBack>({
  name: 'read-back',
  run: async ({ entry, plan: { artifact } }, { revision }) => {
    const found = await awaiting('read back what is served').readBack({ entry, artifact, revision });
    if (found.problems.length > 0)
      throw finalAnswer(`what is served is not what was released: ${found.problems.join('; ')}`);
    return found;
  },
  detail: ({ live }) => live.serving.map(describeShare).join(', '),
});
