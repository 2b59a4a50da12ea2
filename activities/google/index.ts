import type { Ports } from '../ports/index.ts';
import { createGoogleClients } from './clients.ts';
import { createCloudBuilds } from './cloud-build.ts';
import { createCloudRunTarget } from './cloud-run/target.ts';
import { createCloudLogs } from './logging.ts';
import { createSecretManager } from './secrets.ts';

export interface GoogleAdapters extends Pick<Ports, 'targets' | 'builds' | 'logs' | 'secrets'> {
  close(): Promise<void>;
}

/** The ports that Google Cloud implements, over one set of clients; with an address, the sandbox's. */
export async function createGoogleAdapters(endpoint: { grpc?: string } = {}): Promise<GoogleAdapters> {
  const clients = await createGoogleClients(endpoint);
  return {
    targets: { cloudRun: createCloudRunTarget(clients) },
    builds: createCloudBuilds(clients),
    logs: createCloudLogs(clients),
    secrets: createSecretManager(clients),
    close: () => clients.close(),
  };
}
