import type { KubernetesEntry } from '../../contract/catalog/targets/kubernetes.ts';
import { finalFailure } from '../failure.ts';
import type { Secrets, SecretVersions } from '../ports/platform.ts';
import { versionedSecrets } from '../versioned-secrets.ts';
import type { KubernetesClients } from './client.ts';
import { classified, isAlreadyThere } from './failure.ts';
import {
  disableVersion,
  findValue,
  referencesIn,
  secretObject,
  splitSecret,
  stateOfVersion,
  versionedName,
  versionIn,
  versionLabel,
} from './secret-versions.ts';
import { findWorkload, readContext, type ReadContext } from './session.ts';
import { readState } from './state.ts';

/** Times that a number is looked for again after somebody else has taken it. */
const maxRounds = 6;

/** Reads secrets of the target's namespace, named `name/key`. `latest` is the version that the workload's pods read. */
export function createClusterSecrets(clients: KubernetesClients): Secrets<KubernetesEntry> {
  const stored = versionedSecrets<KubernetesEntry, ReadContext>({
    open: (target, marker) => readContext(clients, target, marker),
    classified,
    versionInUse: async (context, secret) => versionIn((await findWorkload(context))?.spec.template, secret),
    valueOf,
    stateOf: stateOfVersion,
    disable: disableVersion,
  });
  // The catalog's check refuses it before.
  const identityToken = () =>
    Promise.reject(finalFailure('BadRequest', 'a cluster asks callers for no identity token'));
  return { ...stored, identityToken };
}

/** Adds versions to a namespace by the rights of whoever runs it. */
export function createClusterSecretVersions(clients: KubernetesClients): SecretVersions<KubernetesEntry> {
  return {
    inUse: (target) =>
      classified(async () => {
        const context = readContext(clients, target);
        const { live, revisions } = await readState(context);
        const serving = revisions.find(({ name }) => name === live.serving[0]?.revision);
        return serving ? referencesIn(context, serving.template) : [];
      }),
    close: async () => clients.close(),
    add: (target, secret, value) =>
      classified(async () => {
        const { name, key } = splitSecret(secret);
        if (key === undefined)
          throw finalFailure('BadRequest', `secret ${secret} must be named with its key: name/key`);
        const { objects } = readContext(clients, target);
        if (!(await objects.read(secretObject(name, target.namespace))))
          throw finalFailure('Missing', `Secret ${name} is not in namespace ${target.namespace}`);
        for (let round = 1; ; round += 1) {
          const version = await nextNumber(readContext(clients, target), name);
          const place = secretObject(versionedName(name, version), target.namespace);
          const metadata = { ...place.metadata, labels: { [versionLabel]: 'true' } };
          const data = { [key]: Buffer.from(value).toString('base64') };
          try {
            await objects.create({ ...place, metadata, type: 'Opaque', data });
            return version;
          } catch (error) {
            if (!isAlreadyThere(error) || round >= maxRounds) throw error;
          }
        }
      }),
  };
}

async function valueOf(context: ReadContext, secret: string, version: string): Promise<string> {
  const value = await findValue(context, secret, version);
  const { namespace } = context.target;
  if (value === undefined)
    throw finalFailure('Missing', `Secret ${secret} is not in namespace ${namespace} (name/key)`);
  return Buffer.from(value, 'base64').toString('utf8');
}

async function nextNumber({ objects, target }: ReadContext, name: string): Promise<string> {
  const kind = { apiVersion: 'v1', kind: 'Secret' };
  const found = await objects.listMetadata(kind, target.namespace, `${versionLabel}=true`);
  const prefix = versionedName(name, '');
  const numbers = found.map(({ metadata }) =>
    (metadata.name.startsWith(prefix) ? metadata.name : prefix).slice(prefix.length),
  );
  return String(Math.max(1, ...numbers.map(Number).filter(Number.isInteger)) + 1);
}
