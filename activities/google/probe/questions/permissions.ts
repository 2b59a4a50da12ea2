import type { Question } from '../../../probe/question.ts';
import { roleFor } from '../../failure.ts';
import { neededPermissions } from '../needed-permissions.ts';
import { askApi } from '../rest.ts';
import type { Trial } from '../trial.ts';

/** Platform: Resource Manager, projects.testIamPermissions; it needs no permission itself. */
const host = 'cloudresourcemanager.googleapis.com';

export const permissions: Question<Trial> = {
  id: 'permissions',
  question: 'does who asks have every permission of a release, in the whole project?',
  assumed: ['yes'],
  otherwise: 'a release stops at the first call that needs one: grant them to the account of the worker',
  ask: async ({ clients, caller, target: { project } }) => {
    const wanted = [...neededPermissions];
    const answer = (await askApi(clients, caller, {
      doing: `ask for permissions on project ${project}`,
      host,
      path: `/v1/projects/${project}:testIamPermissions`,
      body: { permissions: wanted },
    })) as { permissions?: string[] };
    const missing = wanted.filter((permission) => !answer.permissions?.includes(permission));
    if (missing.length === 0) return { answer: 'yes', detail: `${wanted.length} of ${wanted.length}` };
    return { answer: 'no', detail: missing.map(withRole).join(', ') };
  },
};

function withRole(permission: string): string {
  const role = /roles\/\S+/.exec(roleFor(permission) ?? '')?.[0];
  return role === undefined ? permission : `${permission} (${role})`;
}
