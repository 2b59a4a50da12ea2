import { workerRights } from '../../../contract/google-rights.ts';
import { missingPermissions, withRole } from '../project-permissions.ts';
import { jobsOf } from '../cloud-run/job.ts';
import type { LiveCheck } from './check.ts';

/** Who asks has the permissions that a release of this entry needs in its project. */
export const permissions: LiveCheck = {
  name: 'permissions',
  look: async ({ clients, caller, target, entry: { settings } }) => {
    const rights = [
      ...workerRights['every release'],
      ...workerRights['a first release'],
      ...(jobsOf(target).length > 0 ? workerRights['migrations, smoke jobs, jobs of evidence'] : []),
      ...(Object.keys(settings.secrets).length > 0 ? workerRights.secrets : []),
    ];
    const wanted = [...new Set(rights.map(({ permission }) => permission))];
    const missing = await missingPermissions(clients, caller, target.project, wanted);
    if (missing.length === 0) return { verdict: 'pass', reason: `all ${wanted.length} that a release needs` };
    const list = missing.map(withRole).join(', ');
    return { verdict: 'fail', reason: `not in the whole project: ${list}` };
  },
};
