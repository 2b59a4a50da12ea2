import type { Caller } from './call.ts';
import type { GoogleClients } from './clients.ts';
import { roleFor } from './failure.ts';
import { askApi } from './rest.ts';

/**
 * Lists those of some permissions that the caller lacks in a project. Platform: Resource Manager,
 * projects.testIamPermissions; it needs no permission itself, and does not see what is granted on a part only.
 */
export async function missingPermissions(
  clients: GoogleClients,
  caller: Caller,
  project: string,
  wanted: readonly string[],
): Promise<string[]> {
  const answer = (await askApi(clients, caller, {
    doing: `ask for permissions on project ${project}`,
    host: 'cloudresourcemanager.googleapis.com',
    path: `/v1/projects/${project}:testIamPermissions`,
    body: { permissions: wanted },
  })) as { permissions?: string[] };
  return wanted.filter((permission) => !answer.permissions?.includes(permission));
}

/** Names a permission with the role that has it, as `run.jobs.run (roles/run.developer)`. */
export function withRole(permission: string): string {
  const role = /roles\/\S+/.exec(roleFor(permission) ?? '')?.[0];
  return role === undefined ? permission : `${permission} (${role})`;
}
