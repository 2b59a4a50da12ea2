import { Status } from 'google-gax';
import type { CloudRunEntry } from '../../contract/catalog/targets/cloud-run.ts';
import { finalFailure } from '../failure.ts';
import type { Secrets, SecretVersions } from '../ports/platform.ts';
import { versionedSecrets } from '../versioned-secrets.ts';
import { call } from './call.ts';
import type { GoogleClients } from './clients.ts';
import { shortName } from './cloud-run/resources.ts';
import { secretsInUse, versionIn } from './cloud-run/secrets.ts';
import { findService, readContext, type ReadContext } from './cloud-run/session.ts';
import { servedShares } from './cloud-run/traffic.ts';
import { classified, isCode } from './failure.ts';
import { findVersion, secretPath, stateOf } from './secret-versions.ts';

/** Times that a version is looked at again after somebody else changed it in between. */
const maxRounds = 6;

/** Reads Secret Manager, and disables versions of it. A failure names the secret and never has its value. */
export function createSecretManager(clients: GoogleClients): Omit<Secrets<CloudRunEntry>, 'identityToken'> {
  return versionedSecrets<CloudRunEntry, ReadContext>({
    open: (target) => readContext(clients, target),
    classified,
    versionInUse: versionOfService,
    valueOf,
    stateOf: async (context, secret, version) => stateOf(await findVersion(context, secret, version)),
    disable: disableVersion,
  });
}

/** Adds versions to Secret Manager by the credentials of whoever runs it. */
export function createSecretVersions(clients: GoogleClients): SecretVersions<CloudRunEntry> {
  return {
    inUse: (target) =>
      classified(async () => {
        const context = readContext(clients, target);
        const service = await findService(context);
        const serving = service && servedShares(service)[0]?.revision;
        return serving === undefined ? [] : secretsInUse(context, serving);
      }),
    close: () => clients.close(),
    add: (target, secret, value) =>
      classified(async () => {
        const { caller } = readContext(clients, target);
        const request = { parent: secretPath(target, secret), payload: { data: value } };
        const { name } = await call(caller, `add a version of secret ${secret} of ${target.project}`, (options) =>
          clients.secrets.addSecretVersion(request, options),
        );
        return shortName(name);
      }),
  };
}

/**
 * Answers the version that the service itself reads, so that what is asked about it uses the same; else the newest.
 * Platform: Secret Manager, `latest` is the newest version in whatever state.
 */
async function versionOfService(context: ReadContext, secret: string): Promise<string> {
  const service = await findService(context);
  return versionIn(context, service?.template, secret) ?? 'latest';
}

async function valueOf({ clients, caller, target }: ReadContext, secret: string, version: string): Promise<string> {
  const name = `${secretPath(target, secret)}/versions/${version}`;
  const { payload } = await call(caller, `read secret ${secret} of ${target.project}`, (options) =>
    clients.secrets.accessSecretVersion({ name }, options),
  );
  const { data } = payload ?? {};
  return typeof data === 'string' ? data : Buffer.from(data ?? []).toString();
}

/** Disables exactly the version that was looked at. A repeat finds it disabled. */
async function disableVersion(context: ReadContext, secret: string, version: string): Promise<void> {
  const { clients, caller, target } = context;
  for (let round = 1; ; round += 1) {
    const found = await findVersion(context, secret, version);
    if (!found) throw finalFailure('Missing', `version ${version} of secret ${secret} does not exist any more`);
    if (stateOf(found) !== 'enabled') return;
    try {
      await call(caller, `disable version ${version} of secret ${secret} of ${target.project}`, (options) =>
        clients.secrets.disableSecretVersion({ name: found.name, etag: found.etag }, options),
      );
      return;
    } catch (error) {
      const isChanged = isCode(error, Status.FAILED_PRECONDITION, Status.ABORTED);
      if (!isChanged || round >= maxRounds) throw error;
    }
  }
}
