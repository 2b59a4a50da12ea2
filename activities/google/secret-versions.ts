import { Status } from 'google-gax';
import type { protos } from '@google-cloud/secret-manager';
import type { CloudRunEntry } from '../../contract/catalog/targets/cloud-run.ts';
import type { SecretState } from '../ports/platform.ts';
import { call, type Caller } from './call.ts';
import type { GoogleClients } from './clients.ts';
import { isCode } from './failure.ts';

type Version = protos.google.cloud.secretmanager.v1.ISecretVersion;

const states = { ENABLED: 'enabled', DISABLED: 'disabled', DESTROYED: 'destroyed' } as const;

/** Holds what a call about a secret of one target needs. */
export interface SecretContext {
  clients: GoogleClients;
  target: Pick<CloudRunEntry, 'project'>;
  caller: Caller;
}

/** Names a secret as Secret Manager does. One of another project comes with its whole name. */
export function secretPath({ project }: Pick<CloudRunEntry, 'project'>, secret: string): string {
  return secret.startsWith('projects/') ? secret : `projects/${project}/secrets/${secret}`;
}

/** Reads a version without its value; undefined if there is none. Platform: Secret Manager, GetSecretVersion. */
export async function findVersion(
  { clients, target, caller }: SecretContext,
  secret: string,
  version: string,
): Promise<Version | undefined> {
  const name = `${secretPath(target, secret)}/versions/${version}`;
  try {
    return await call(caller, `look at secret ${secret} of ${target.project}`, (options) =>
      clients.secrets.getSecretVersion({ name }, options),
    );
  } catch (error) {
    if (isCode(error, Status.NOT_FOUND)) return undefined;
    throw error;
  }
}

export function stateOf(version: Version | undefined): SecretState {
  return states[String(version?.state) as keyof typeof states] ?? 'missing';
}
