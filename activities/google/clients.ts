import { ArtifactRegistryClient } from '@google-cloud/artifact-registry';
import { CloudBuildClient } from '@google-cloud/cloudbuild';
import { v2 as logging } from '@google-cloud/logging-api';
import {
  BuildsClient,
  ExecutionsClient,
  JobsClient,
  RevisionsClient,
  ServicesClient,
  TasksClient,
} from '@google-cloud/run';
import { SecretManagerServiceClient } from '@google-cloud/secret-manager';
import type { Storage } from '@google-cloud/storage';
import { GoogleAuth, PassThroughClient } from 'google-auth-library';
import { grpc } from 'google-gax';
import { CallBudget } from './call-budget.ts';
import { countCalls, ofCloudRun, ofLogging, ofOther } from './counted-calls.ts';
import { identityTokensOf } from './identity-token.ts';
import { openStorage } from './storage.ts';

export interface GoogleEndpoint {
  /** `host:port` of a sandbox; absent means Google Cloud itself, by Application Default Credentials. */
  grpc?: string;
  /** Base URL of the same sandbox's Cloud Storage. */
  http?: string;
  /** Token of an account of the sandbox; without one it lets the caller do everything. */
  token?: string;
  /** A call that takes longer is given up, and its effect looked for; 10 s by default. */
  callTimeoutMs?: number;
}

/** Holds one set of clients for a process; each has a channel. */
export interface GoogleClients {
  services: ServicesClient;
  revisions: RevisionsClient;
  jobs: JobsClient;
  executions: ExecutionsClient;
  tasks: TasksClient;
  builds: CloudBuildClient;
  /** Builds of sources by Cloud Run. */
  sourceBuilds: BuildsClient;
  registry: ArtifactRegistryClient;
  logging: logging.LoggingServiceV2Client;
  secrets: SecretManagerServiceClient;
  storage: Storage;
  /** Base URL of a registry, of `gcr.io` or of Artifact Registry. */
  registryUrl(host: string): string;
  /** Base URL of Cloud Run, for what only its first version tells. */
  runUrl: string;
  /** Base URL of an API that has no client here, by its host. */
  apiUrl(host: string): string;
  /** Base URL of Artifact Analysis. */
  analysisUrl: string;
  /** Gives a token for APIs without a client; in a sandbox that of the endpoint. */
  accessToken(): Promise<string | undefined>;
  /** Makes an identity token of the account that runs this, for an audience. */
  identityToken(audience: string): Promise<string>;
  callTimeoutMs: number;
  /** The calls that may be made, shared by all runs of the worker. */
  budget: CallBudget;
  close(): Promise<void>;
}

type CountedClient =
  | 'services'
  | 'revisions'
  | 'jobs'
  | 'executions'
  | 'tasks'
  | 'builds'
  | 'sourceBuilds'
  | 'registry'
  | 'logging'
  | 'secrets';

const defaultCallTimeoutMs = 10_000;

/** Opens the clients, or says in one line why that is not possible. */
export async function createGoogleClients(endpoint: GoogleEndpoint = {}): Promise<GoogleClients> {
  const options = connection(endpoint);
  const clients = {
    services: new ServicesClient(options),
    revisions: new RevisionsClient(options),
    jobs: new JobsClient(options),
    executions: new ExecutionsClient(options),
    tasks: new TasksClient(options),
    builds: new CloudBuildClient(options),
    sourceBuilds: new BuildsClient(options),
    registry: new ArtifactRegistryClient(options),
    logging: new logging.LoggingServiceV2Client(options),
    secrets: new SecretManagerServiceClient(options),
  };
  const all = Object.values(clients);
  try {
    // A generated method that finds its client without credentials rejects a second time where nobody can catch it;
    // so it is found here.
    for (const client of all) await client.initialize();
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new Error(
      `no access to Google Cloud: ${why}. Give Application Default Credentials ` +
        '(gcloud auth application-default login, or GOOGLE_APPLICATION_CREDENTIALS)',
      { cause: error },
    );
  }
  const budget = new CallBudget(endpoint.grpc ? null : undefined);
  countAllCalls(clients, budget);
  return {
    ...clients,
    storage: openStorage(endpoint),
    registryUrl: (host) => (endpoint.http ? `${endpoint.http}/registries/${host}` : `https://${host}`),
    runUrl: endpoint.http ?? 'https://run.googleapis.com',
    apiUrl: (host) => endpoint.http || `https://${host}`,
    analysisUrl: endpoint.http ?? 'https://containeranalysis.googleapis.com',
    accessToken: accessTokenOf(endpoint),
    identityToken: identityTokensOf(endpoint),
    callTimeoutMs: endpoint.callTimeoutMs ?? defaultCallTimeoutMs,
    budget,
    close: async () => {
      await Promise.allSettled(all.map((client) => client.close()));
    },
  };
}

function countAllCalls(
  { services, revisions, jobs, executions, tasks, sourceBuilds, ...others }: Record<CountedClient, object>,
  budget: CallBudget,
): void {
  for (const client of [services, revisions, jobs, executions, tasks, sourceBuilds])
    countCalls(client, budget, ofCloudRun);
  countCalls(others.logging, budget, ofLogging);
  countCalls(others.builds, budget, ofOther('requests to Cloud Build'));
  countCalls(others.registry, budget, ofOther('requests to Artifact Registry'));
  countCalls(others.secrets, budget, ofOther('requests to Secret Manager'));
}

function accessTokenOf({ grpc: address, token }: GoogleEndpoint): GoogleClients['accessToken'] {
  if (address) return () => Promise.resolve(token);
  const auth = new GoogleAuth({ scopes: 'https://www.googleapis.com/auth/cloud-platform' });
  return async () => (await auth.getAccessToken()) ?? undefined;
}

/** A type and not an interface: Google's ClientOptions has an index signature. */
type Connection = {
  apiEndpoint?: string;
  port?: number;
  sslCreds?: grpc.ChannelCredentials;
  authClient?: PassThroughClient;
  'grpc.callInvocationTransformer'?: (call: { metadata: grpc.Metadata }) => { metadata: grpc.Metadata };
};

function connection({ grpc: address, token }: GoogleEndpoint): Connection {
  if (address === undefined || address === '') return {};
  const at = address.lastIndexOf(':');
  const port = Number(address.slice(at + 1));
  if (at < 1 || !Number.isInteger(port) || port < 1)
    throw new Error(`the address of the sandbox's cloud must be <host>:<port>, not ${address}`);
  // Without a pass-through client the library asks a metadata server that a sandbox does not have.
  return {
    apiEndpoint: address.slice(0, at),
    port,
    sslCreds: grpc.credentials.createInsecure(),
    authClient: new PassThroughClient(),
    ...(token !== undefined && { 'grpc.callInvocationTransformer': withToken(token) }),
  };
}

/** Adds a token to each call: a channel without TLS takes no credentials. */
function withToken(token: string): NonNullable<Connection['grpc.callInvocationTransformer']> {
  return (call) => {
    call.metadata.set('authorization', `Bearer ${token}`);
    return call;
  };
}
