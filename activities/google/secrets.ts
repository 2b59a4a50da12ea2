import type { Secrets } from '../ports/index.ts';
import { call, type Caller } from './call.ts';
import type { GoogleClients } from './clients.ts';
import { classified } from './failure.ts';

/** Secret Manager by AccessSecretVersion. A failure names the secret and never has its value. */
export function createSecretManager(clients: GoogleClients): Secrets {
  const caller: Caller = { callTimeoutMs: clients.callTimeoutMs };
  return {
    read: (project, secret, version) =>
      classified(async () => {
        const name = `projects/${project}/secrets/${secret}/versions/${version}`;
        const { payload } = await call(caller, `read secret ${secret} of ${project}`, (options) => clients.secrets.accessSecretVersion({ name }, options));
        const { data } = payload ?? {};
        return typeof data === 'string' ? data : Buffer.from(data ?? []).toString();
      }),
  };
}
