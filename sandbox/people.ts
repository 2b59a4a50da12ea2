import { createHash } from 'node:crypto';
import { stackModules } from './containers/stack-modules.ts';
import type { SandboxDescription } from './description.ts';

/** People that the sandbox's catalog names: roles, not persons. Each has a key in the sandbox's folder. */
export const samplePeople = [
  'release-owner@example.com',
  'release-deputy@example.com',
  'api-owner@example.com',
  'api-deputy@example.com',
  'data-owner@example.com',
  'data-deputy@example.com',
  'developer@example.com',
];

/** Names a person's files: the address without its domain. */
export const fileNameOf = (person: string): string => person.split('@')[0] ?? person;

/** Names the variable of a person's public key in catalog files: `SLIPWAY_KEY_RELEASE_OWNER`. */
const keyVariableOf = (person: string): string =>
  `SLIPWAY_KEY_${fileNameOf(person).toUpperCase().replaceAll('-', '_')}`;

/**
 * Makes a stand-in for a person's public key. With it a catalog can be read where there are no keys, and nobody can
 * sign.
 */
const nobodysKey = (person: string): string => {
  const material = createHash('sha256').update(`nobody signs as ${person}`).digest('base64').slice(0, 43);
  return `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${material} stand-in of ${person}`;
};

/** Nothing listens there. */
const nowhere = 'http://127.0.0.1:1';

/** Names the variable of the public key by which the sandbox's builds are attested. */
const buildKeyVariable = 'SLIPWAY_SANDBOX_BUILD_KEY';

/** Names the variable of the runtime's address in the cluster. */
const clusterRuntimeVariable = 'SLIPWAY_SANDBOX_CLUSTER_RUNTIME';

/** Names the variables of the database server, `<host>:<port>`, and of the packages that sample services load. */
const postgresVariable = 'SLIPWAY_SANDBOX_POSTGRES';
const modulesVariable = 'SLIPWAY_SANDBOX_MODULES';
/** Names the variable of the database server's password. No catalog file can have its value put in. */
const postgresPasswordVariable = 'SLIPWAY_SECRET_SANDBOX_POSTGRES';

/**
 * Values of `${SLIPWAY_…}` in catalog files where no sandbox is up. They are enough to read the files, not to reach
 * anything or to sign.
 */
export const standInVariables: Record<string, string> = {
  SLIPWAY_SANDBOX_HTTP: nowhere,
  [clusterRuntimeVariable]: nowhere,
  [postgresVariable]: new URL(nowhere).host,
  [modulesVariable]: stackModules,
  ...Object.fromEntries(samplePeople.map((person) => [keyVariableOf(person), nobodysKey(person)])),
};

/**
 * Computes `${SLIPWAY_…}` of catalog files in a sandbox: addresses of its cloud and its cluster, its people's public
 * keys. An environment with an address of a part that is not up cannot be used.
 */
export const sandboxVariables = ({
  cloud,
  kubernetes,
  keys,
  postgres,
}: Pick<SandboxDescription, 'cloud' | 'kubernetes' | 'keys' | 'postgres'>): Record<string, string> => {
  const runtime = kubernetes?.services?.['openagents-runtime'];
  return {
    ...(cloud && { SLIPWAY_SANDBOX_HTTP: cloud.http }),
    ...(cloud?.buildKey !== undefined && { [buildKeyVariable]: cloud.buildKey }),
    ...(runtime !== undefined && { [clusterRuntimeVariable]: runtime }),
    // A server that is not up makes no file unreadable: who asks it says so.
    [postgresVariable]: new URL(postgres?.url ?? nowhere).host,
    [modulesVariable]: stackModules,
    ...Object.fromEntries(
      samplePeople.map((person) => [keyVariableOf(person), keys?.public[person] ?? nobodysKey(person)]),
    ),
  };
};

/** Computes secrets that a worker in a sandbox has, by the variable that catalog files name. */
export const sandboxSecrets = ({ postgres }: Pick<SandboxDescription, 'postgres'>): Record<string, string> =>
  postgres ? { [postgresPasswordVariable]: decodeURIComponent(new URL(postgres.url).password) } : {};
