import type { Cloud, SecretsPart } from '../core/cloud.ts';
import { RpcError } from '../server/errors.ts';
import { loadProtos } from '../server/protos.ts';
import { secretMethods } from './secret-methods.ts';
import { openSecretStore } from './secret-store.ts';
import { payloadOf, versionMethods } from './version-methods.ts';

/** Creates Secret Manager v1. Payloads are in the store and in answers, never in the call log. */
export function createSecrets(cloud: Cloud): SecretsPart {
  const store = openSecretStore(cloud.store, () => cloud.tempo.secretLagMs);
  return {
    secrets: {
      access: (name, version) => {
        const secret = name.startsWith('projects/') ? name : `projects/${cloud.project}/secrets/${name}`;
        try {
          return payloadOf(store.version(`${secret}/versions/${version}`, 'access'));
        } catch (error) {
          if (error instanceof RpcError) return undefined;
          throw error;
        }
      },
    },
    rpc: [
      {
        protos: loadProtos('@google-cloud/secret-manager'),
        name: 'google.cloud.secretmanager.v1.SecretManagerService',
        methods: { ...secretMethods(cloud, store), ...versionMethods(store) },
      },
    ],
  };
}
