import type { Question } from '../../../probe/question.ts';
import { missingPermissions, withRole } from '../../project-permissions.ts';
import { neededPermissions as wanted } from '../needed-permissions.ts';
import type { Trial } from '../trial.ts';

export const permissions: Question<Trial> = {
  id: 'permissions',
  question: 'does who asks have every permission of a release, in the whole project?',
  assumed: ['yes'],
  otherwise: 'a release stops at the first call that needs one: grant them to the account of the worker',
  ask: async ({ clients, caller, target: { project } }) => {
    const missing = await missingPermissions(clients, caller, project, wanted);
    if (missing.length === 0) return { answer: 'yes', detail: `${wanted.length} of ${wanted.length}` };
    return { answer: 'no', detail: missing.map(withRole).join(', ') };
  },
};
