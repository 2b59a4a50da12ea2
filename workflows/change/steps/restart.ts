import type { Shifted } from '../../../activities/ports/target.ts';
import { writing } from '../../run/activities.ts';
import { changeStep } from './change-step.ts';

/** Makes all instances anew, with the image and the template that they have. `expected` is what the fence left. */
export const restartInstances = changeStep<{ expected: string }, Shifted>({
  name: 'restart',
  phase: 'restarting',
  effect: 'traffic',
  run: ({ entry, plan: { snapshot } }, { expected }, mark) =>
    writing('make the instances anew').restart({ entry, marker: mark(), expected, snapshot }),
  detail: ({ revision = '' }) => `all instances are new, as revision ${revision}`,
});
