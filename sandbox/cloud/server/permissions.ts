import { z } from 'zod';
import { RpcError } from './errors.ts';
import type { Store } from '../store/store.ts';

/** Permissions that can be taken away, each from the account that the platform asks for it. */
const permission = z.enum([
  // Of whoever calls.
  'run.services.create',
  'run.services.update',
  // Of the account that a revision or a task runs as.
  'secretmanager.versions.access',
  // Of Cloud Run's own service agent.
  'artifactregistry.repositories.downloadArtifacts',
  // Of allUsers: without it a service is not public, and a caller needs an identity token.
  'run.routes.invoke',
]);

const denialSchema = z.strictObject({
  permission,
  /** Part of the name of the resource; absent means every resource. */
  resource: z.string().min(1).optional(),
});

export type Permission = z.output<typeof permission>;
export type Denial = z.output<typeof denialSchema>;

/** Everybody has every permission, until somebody takes one away. */
export interface Permissions {
  deny(denial: unknown): Denial;
  list(): Denial[];
  /** Gives back what was taken away. */
  clear(): void;
  has(permission: string, resource: string): boolean;
  /** Refuses a call in the platform's words if the caller lacks the permission. */
  require(permission: Permission, resource: string): void;
}

/** Opens the permissions that were taken away. They are kept in the store, so a restarted emulator knows them. */
export function openPermissions(store: Store): Permissions {
  const denials = store.collection<Denial>('permissions.denied');
  const has = (wanted: string, name: string): boolean =>
    !denials.list().some((denial) => denial.permission === wanted && name.includes(denial.resource ?? ''));
  return {
    deny: (input) => {
      const denial = denialSchema.parse(input);
      denials.put(`${denial.permission} ${denial.resource ?? ''}`, denial);
      return denial;
    },
    list: () => denials.list(),
    clear: () => {
      for (const { permission: name, resource } of denials.list()) denials.delete(`${name} ${resource ?? ''}`);
    },
    has,
    require: (wanted, resource) => {
      if (has(wanted, resource)) return;
      const message = `Permission '${wanted}' denied on resource '${resource}' (or resource may not exist).`;
      throw new RpcError('PERMISSION_DENIED', message);
    },
  };
}
