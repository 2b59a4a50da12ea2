import type { CloudRunEntry } from '../../contract/catalog/targets/cloud-run.ts';
import type { Attestations } from '../ports/attestations.ts';
import type { Builds, Images, Sources } from '../ports/index.ts';
import type { Platform, SecretVersions } from '../ports/platform.ts';
import { createImages } from './image-parts.ts';
import { createAttestations } from './attestations/index.ts';
import { createGoogleClients, type GoogleEndpoint } from './clients.ts';
import { createBuilds } from './builds/index.ts';
import { createCloudRunTarget } from './cloud-run/target.ts';
import { createIdentityTokens } from './identity-token.ts';
import { createCloudLogs } from './logging.ts';
import { createSecretManager, createSecretVersions } from './secrets.ts';

export interface GoogleAdapters {
  /** The platform of targets of kind `cloudRun`. */
  cloudRun: Platform<CloudRunEntry>;
  builds: Builds;
  attestations: Attestations;
  images: Images;
  close(): Promise<void>;
}

/** Makes the ports that Google Cloud implements, over one set of clients; with an address, the sandbox's. */
export async function createGoogleAdapters(sources: Sources, endpoint: GoogleEndpoint = {}): Promise<GoogleAdapters> {
  const clients = await createGoogleClients(endpoint);
  return {
    cloudRun: {
      target: createCloudRunTarget(clients),
      logs: createCloudLogs(clients),
      secrets: { ...createSecretManager(clients), identityToken: createIdentityTokens(clients) },
      instances: null,
    },
    builds: createBuilds(clients, sources),
    attestations: createAttestations(clients),
    images: createImages(clients),
    close: () => clients.close(),
  };
}

export { askGoogleLive } from './live-check/index.ts';
export { openGoogleProbe } from './probe/index.ts';

/**
 * Opens Secret Manager for a person's own machine; with an address, the sandbox's. There the person calls, and not the
 * account of the worker, which may not add a version.
 */
export async function openSecretVersions({ grpc }: { grpc?: string } = {}): Promise<SecretVersions<CloudRunEntry>> {
  return createSecretVersions(await createGoogleClients(grpc === undefined ? {} : { grpc }));
}
