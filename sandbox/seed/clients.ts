import { ArtifactRegistryClient } from '@google-cloud/artifact-registry';
import { CloudBuildClient } from '@google-cloud/cloudbuild';
import { ExecutionsClient, JobsClient, ServicesClient } from '@google-cloud/run';
import { SecretManagerServiceClient } from '@google-cloud/secret-manager';
import { PassThroughClient } from 'google-auth-library';
import { grpc } from 'google-gax';

/**
 * The place of the sandbox's cloud. An address is `host:port` (a scheme before it is ignored) or a port of this
 * machine.
 */
export interface CloudAddress {
  grpc: string | number;
  http: string | number;
  project: string;
  region: string;
}

export interface Clients {
  services: ServicesClient;
  jobs: JobsClient;
  executions: ExecutionsClient;
  builds: CloudBuildClient;
  artifacts: ArtifactRegistryClient;
  secrets: SecretManagerServiceClient;
  close: () => Promise<void>;
}

/** Takes `host:port` from an address. */
const hostAndPort = (address: string | number): { host: string; port: number } => {
  const text = String(address)
    .replace(/^[a-z]+:\/\//, '')
    .replace(/\/.*$/, '');
  const [host, port] = text.includes(':') ? (text.split(':') as [string, string]) : ['127.0.0.1', text];
  return { host, port: Number(port) };
};

/** Makes the base URL of the sandbox's HTTP side. */
export const httpUrl = (cloud: CloudAddress): string => {
  const { host, port } = hostAndPort(cloud.http);
  return `http://${host}:${port}`;
};

/** Opens Google's own clients, connected to the sandbox without credentials. */
export const openClients = (cloud: CloudAddress): Clients => {
  const { host, port } = hostAndPort(cloud.grpc);
  const connection = {
    apiEndpoint: host,
    port,
    projectId: cloud.project,
    sslCreds: grpc.credentials.createInsecure(),
    // Without it the library asks the machine's metadata server for credentials first.
    authClient: new PassThroughClient(),
  };
  const clients = {
    services: new ServicesClient(connection),
    jobs: new JobsClient(connection),
    executions: new ExecutionsClient(connection),
    builds: new CloudBuildClient(connection),
    artifacts: new ArtifactRegistryClient(connection),
    secrets: new SecretManagerServiceClient(connection),
  };
  return {
    ...clients,
    close: async () => void (await Promise.all(Object.values(clients).map((client) => client.close()))),
  };
};
