import { z } from 'zod';
import { workerPermissions } from '../../../contract/google-rights.ts';
import { workerAccount } from '../../worker-account.ts';
import type { Store } from '../store/store.ts';
import type { MetadataReader } from './markers.ts';
import { permissionDenied } from './permission-denied.ts';
import { askedPermissions, requiredPermissions } from './required-permissions.ts';

const permission = z.enum(askedPermissions, 'the sandbox asks nobody for this permission');

const denialSchema = z.strictObject({
  permission,
  /** Part of the name of the resource; absent means every resource. */
  resource: z.string().min(1).optional(),
});

const accountSchema = z.strictObject({ account: z.email(), permissions: z.array(permission) });

export type Denial = z.output<typeof denialSchema>;
/** An account with all the permissions that it has. */
export type Account = z.output<typeof accountSchema>;

/** Who calls: the account that its token names; undefined for a person, who may do everything. */
export type CallerAccount = string | undefined;

/**
 * Who may do what. A person has every permission, the account of the worker those that a worker needs, and another
 * account those that it was given; until one is taken away, from everybody.
 */
export interface Permissions {
  deny(denial: unknown): Denial;
  list(): Denial[];
  /** Gives an account exactly these permissions. */
  give(account: unknown): Account;
  accounts(): Account[];
  /** Gives back what was taken away, and takes back what was given. */
  clear(): void;
  /** Says whether a permission was not taken away from the one whom the platform asks for it. */
  has(permission: string, resource: string): boolean;
  /** Says whether a caller has it. */
  callerHas(caller: CallerAccount, permission: string, resource: string): boolean;
  /** Refuses in the platform's words if the caller lacks the permission. */
  require(caller: CallerAccount, permission: string, resource: string): void;
  /** Refuses a call of a method if the caller lacks a permission that it needs. */
  check(caller: CallerAccount, method: string, request: unknown): void;
}

/** Those that the platform asks others for, when one is taken away: the account of a service, its agent, allUsers. */
const ofOthers: readonly string[] = [
  'secretmanager.versions.access',
  'artifactregistry.repositories.downloadArtifacts',
  'run.routes.invoke',
];

/** Opens what was taken away and given. It is kept in the store, so a restarted emulator knows it. */
export function openPermissions(store: Store): Permissions {
  const denials = store.collection<Denial>('permissions.denied');
  const given = store.collection<Account>('permissions.accounts');
  const has = (wanted: string, name: string): boolean =>
    !denials.list().some((denial) => denial.permission === wanted && name.includes(denial.resource ?? ''));
  const permissionsOf = (account: string): readonly string[] | undefined =>
    given.get(account)?.permissions ?? (account === workerAccount ? workerPermissions : undefined);
  const callerHas: Permissions['callerHas'] = (caller, wanted, name) =>
    (ofOthers.includes(wanted) || has(wanted, name)) &&
    (caller === undefined || (permissionsOf(caller)?.includes(wanted) ?? true));
  const require: Permissions['require'] = (caller, wanted, resource) => {
    if (!callerHas(caller, wanted, resource))
      throw permissionDenied({ permission: wanted, resource }, caller ?? 'The caller');
  };
  return {
    deny: (input) => {
      const denial = denialSchema.parse(input);
      denials.put(`${denial.permission} ${denial.resource ?? ''}`, denial);
      return denial;
    },
    list: () => denials.list(),
    give: (input) => {
      const account = accountSchema.parse(input);
      given.put(account.account, account);
      return account;
    },
    accounts: () => given.list(),
    clear: () => {
      for (const { permission: name, resource } of denials.list()) denials.delete(`${name} ${resource ?? ''}`);
      for (const { account } of given.list()) given.delete(account);
    },
    has,
    callerHas,
    require,
    check: (caller, method, request) => {
      for (const { permission: name, resource } of requiredPermissions(method, request))
        require(caller, name, resource);
    },
  };
}

/** Reads who calls. A token of the sandbox is the name of its account; another one, as of gcloud, is a person's. */
export function callerOf(metadata: MetadataReader): CallerAccount {
  return /^bearer (\S+@\S+)$/i.exec(metadata('authorization') ?? '')?.[1];
}
