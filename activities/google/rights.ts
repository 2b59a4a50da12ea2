import type { CallOptions } from 'google-gax';
import type { CloudRunEntry } from '../../contract/catalog/targets/cloud-run.ts';
import type { WorkerPermission } from '../../contract/google-rights.ts';
import { finalFailure } from '../failure.ts';
import { packageOf } from './artifact-registry.ts';
import { call } from './call.ts';
import { serviceName } from './cloud-run/resources.ts';
import { findService, type ReadContext } from './cloud-run/session.ts';
import type { GoogleClients } from './clients.ts';
import { roleFor } from './failure.ts';

/** Asks which of these permissions the caller has. Platform: IAM, TestIamPermissions, which needs no permission. */
type Ask = (
  request: { resource: string; permissions: string[] },
  options: CallOptions,
) => Promise<[{ permissions?: string[] | null }, ...unknown[]]>;

/**
 * Requires that the worker may change the service, before anything is built (runbook 002, section 2). Of a service that
 * is not there yet the platform tells no permissions, so a first release is not asked.
 */
export async function requireRights(context: ReadContext): Promise<void> {
  const { clients, target } = context;
  if (!(await findService(context))) return;
  const ask: Ask = (request, options) => clients.services.testIamPermissions(request, options);
  const needed: WorkerPermission[] = [
    'run.services.update',
    ...(target.allowUnauthenticated === undefined ? [] : (['run.services.setIamPolicy'] as const)),
  ];
  const lack = await lackOf(clients, ask, serviceName(target), needed, nameOf(target));
  if (lack) throw finalFailure('Denied', lack);
}

/** Says what the worker lacks to push an image into Artifact Registry; null if nothing, or if it is elsewhere. */
export async function lackToPush(clients: GoogleClients, image: string): Promise<string | null> {
  const repository = packageOf(image)?.split('/packages/')[0];
  if (repository === undefined) return null;
  const ask: Ask = (request, options) => clients.registry.testIamPermissions(request, options);
  return lackOf(clients, ask, repository, ['artifactregistry.repositories.uploadArtifacts'], repository);
}

async function lackOf(
  { callTimeoutMs }: GoogleClients,
  ask: Ask,
  resource: string,
  permissions: WorkerPermission[],
  shown: string,
): Promise<string | null> {
  const answer = await call({ callTimeoutMs }, `ask for permissions on ${shown}`, (options) =>
    ask({ resource, permissions }, options),
  );
  const lacking = permissions.filter((permission) => !answer.permissions?.includes(permission));
  if (lacking.length === 0) return null;
  const names = lacking.join(', ');
  const found = [...new Set(lacking.map((permission) => roleFor(permission) ?? 'a role that has it'))].join(', ');
  return `the account of the worker has no permission ${names} on ${shown}: grant it ${found}`;
}

function nameOf({ service, region, project }: CloudRunEntry): string {
  return `service ${service} of ${project} in ${region}`;
}
