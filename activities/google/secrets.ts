import { Status } from 'google-gax';
import type { CloudRunEntry } from '../../contract/catalog/targets/cloud-run.ts';
import type { Secrets } from '../ports/platform.ts';
import { call, type Caller } from './call.ts';
import type { GoogleClients } from './clients.ts';
import { classified, isCode } from './failure.ts';

const states = { ENABLED: 'enabled', DISABLED: 'disabled', DESTROYED: 'destroyed' } as const;

/**
 * Reads Secret Manager by AccessSecretVersion and GetSecretVersion. A failure names the secret and never has its value.
 */
export function createSecretManager(clients: GoogleClients): Secrets<CloudRunEntry> {
  const caller: Caller = { callTimeoutMs: clients.callTimeoutMs };
  return {
    read: ({ project }, secret, version) =>
      classified(async () => {
        const name = `projects/${project}/secrets/${secret}/versions/${version}`;
        const { payload } = await call(caller, `read secret ${secret} of ${project}`, (options) =>
          clients.secrets.accessSecretVersion({ name }, options),
        );
        const { data } = payload ?? {};
        return typeof data === 'string' ? data : Buffer.from(data ?? []).toString();
      }),
    stateOf: ({ project }, secret, version) =>
      classified(async () => {
        const name = `projects/${project}/secrets/${secret}/versions/${version}`;
        try {
          const { state } = await call(caller, `look at secret ${secret} of ${project}`, (options) =>
            clients.secrets.getSecretVersion({ name }, options),
          );
          return states[String(state) as keyof typeof states] ?? 'missing';
        } catch (error) {
          if (isCode(error, Status.NOT_FOUND)) return 'missing';
          throw error;
        }
      }),
  };
}
