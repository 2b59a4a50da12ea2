import type { KubernetesEntry } from '../../contract/catalog/targets/kubernetes.ts';
import { finalFailure } from '../failure.ts';
import type { Secrets } from '../ports/platform.ts';
import type { KubernetesClients } from './client.ts';
import { classified } from './failure.ts';
import { isRecord } from './manifests/manifest.ts';
import { readContext } from './session.ts';

/** Reads secrets of the target's namespace, named `name/key`; a Secret has no versions, so `latest` is all there is. */
export function createClusterSecrets(clients: KubernetesClients): Secrets<KubernetesEntry> {
  return {
    read: (target, secret) =>
      classified(async () => {
        const value = await find(target, secret);
        if (value === undefined)
          throw finalFailure('Missing', `Secret ${secret} is not in namespace ${target.namespace} (name/key)`);
        return Buffer.from(value, 'base64').toString('utf8');
      }),
    stateOf: (target, secret) =>
      classified(async () => ((await find(target, secret)) === undefined ? 'missing' : 'enabled')),
  };

  async function find(target: KubernetesEntry, secret: string): Promise<string | undefined> {
    const [name = '', key] = secret.split('/');
    const metadata = { name, namespace: target.namespace };
    const found = await readContext(clients, target).objects.read({ apiVersion: 'v1', kind: 'Secret', metadata });
    const data = found?.['data'];
    if (!isRecord(data)) return undefined;
    const value = key === undefined && Object.keys(data).length === 1 ? Object.values(data)[0] : data[key ?? ''];
    return typeof value === 'string' ? value : undefined;
  }
}
