import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import { status } from '@grpc/grpc-js';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { throughProxy } from '../../activities/proxies.ts';
import { askAgain } from '../../contract/early-query.ts';
import { uiOfCloud } from '../../contract/run-link.ts';
import { readSandbox, type SandboxDescription } from '../../sandbox/description.ts';
import { grpcCodeOf } from './temporal-errors.ts';
import { BadConfiguration, NoConnection, Outage, SandboxNotFound } from './errors.ts';

/** Names the Temporal server to talk to, and where that choice comes from. */
export interface ConnectionChoice {
  options: ReturnType<typeof loadClientConnectConfig>['connectionOptions'] & { address: string };
  namespace: string;
  /** Root of the Temporal UI, when known. */
  ui: string | undefined;
  /** Tells a person where the choice comes from. */
  source: string;
}

export interface Connected extends ConnectionChoice {
  client: Client;
  close: () => Promise<void>;
}

/** A server that is there answers in milliseconds; one that is about to be there may take so long. */
const connectTimeoutMs = 5_000;

/**
 * Chooses the Temporal server. First counts a sandbox that `dir` or SLIPWAY_SANDBOX_DIR names, then what
 * `@temporalio/envconfig` finds (TEMPORAL_ADDRESS, a profile), then the live sandbox of this folder. Throws
 * SandboxNotFound, BadConfiguration or NoConnection.
 */
export async function chooseConnection(
  dir?: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<ConnectionChoice> {
  const folder = dir ?? environment['SLIPWAY_SANDBOX_DIR'];
  const sandbox = await readSandbox(folder);
  if (folder !== undefined) {
    if (!sandbox?.temporal) throw new SandboxNotFound(folder);
    return ofSandbox(sandbox, sandbox.temporal);
  }
  const configured = configuredConnection(environment, sandbox);
  if (configured) return configured;
  if (sandbox?.temporal) return ofSandbox(sandbox, sandbox.temporal);
  throw new NoConnection();
}

/** Connects to the server of `chooseConnection`; the caller closes it. Throws Outage, and what the choice throws. */
export async function connect(dir?: string, environment: NodeJS.ProcessEnv = process.env): Promise<Connected> {
  return connectTo(await chooseConnection(dir, environment));
}

/** Connects to a sandbox, whatever else is configured. Throws SandboxNotFound or Outage. */
export async function connectToSandbox(sandbox: SandboxDescription): Promise<Connected> {
  if (!sandbox.temporal) throw new SandboxNotFound(sandbox.dir);
  return connectTo(ofSandbox(sandbox, sandbox.temporal));
}

/** How fast a lazy connection looks for a server that is back; gRPC's own gaps grow to two minutes. */
const reconnect = { 'grpc.initial_reconnect_backoff_ms': 200, 'grpc.max_reconnect_backoff_ms': 2_000 };

/**
 * Prepares a connection without waiting for the server: each call tells whether it answers, and none is repeated. For a
 * program that outlives outages and whose callers repeat. The caller closes it.
 */
export function connectLazily(choice: ConnectionChoice, identity: string): Connected {
  const connection = Connection.lazy({
    ...choice.options,
    channelArgs: reconnect,
    interceptors: [],
  });
  return connected(choice, connection, identity);
}

const usualRetries = defaultGrpcRetryOptions();

/** Where nobody listens, or no such host is known, a repeat within seconds changes nothing: the person hears it now. */
const whileItMayHelp: typeof usualRetries = {
  ...usualRetries,
  retryableDecider: (attempt, status) =>
    usualRetries.retryableDecider(attempt, status) && reasonInDetails(status.details) === null,
};

async function connectTo(choice: ConnectionChoice): Promise<Connected> {
  const connection = Connection.lazy({ ...choice.options, interceptors: [makeGrpcRetryInterceptor(whileItMayHelp)] });
  try {
    await connection.withDeadline(Date.now() + connectTimeoutMs, async () =>
      connection.workflowService.getSystemInfo({}),
    );
    return connected(choice, connection, 'slipway-cli');
  } catch (error) {
    // A server that is too old to say what it is, is there.
    if (grpcCodeOf(error) === status.UNIMPLEMENTED) return connected(choice, connection, 'slipway-cli');
    void connection.close();
    const { address } = choice.options;
    const place = `${address} (from ${choice.source})${throughProxy(new URL(`tcp://${address}`).hostname)}`;
    const message = `cannot reach Temporal at ${place}: ${reasonOf(error)}`;
    throw new Outage(message, error, status[grpcCodeOf(error) ?? -1]);
  }
}

function connected(choice: ConnectionChoice, connection: Connection, name: string): Connected {
  const { namespace } = choice;
  const identity = `${name}@${process.pid}`;
  const client = new Client({ connection, namespace, identity, interceptors: { workflow: [askAgain] } });
  return { ...choice, client, close: async () => connection.close() };
}

/** Reads what Temporal's own variables and profiles say; undefined when they name no address. */
function configuredConnection(
  environment: NodeJS.ProcessEnv,
  sandbox: SandboxDescription | undefined,
): ConnectionChoice | undefined {
  const { connectionOptions, namespace = 'default' } = readConfiguration(environment);
  const { address } = connectionOptions;
  if (!address) return undefined;
  const source = environment['TEMPORAL_ADDRESS']
    ? 'TEMPORAL_ADDRESS'
    : `profile ${environment['TEMPORAL_PROFILE'] ?? 'default'}`;
  const ui = environment['TEMPORAL_UI_URL'] ?? uiOfAddress(address, sandbox);
  return { options: { ...connectionOptions, address }, namespace, ui, source };
}

function readConfiguration(environment: NodeJS.ProcessEnv): ReturnType<typeof loadClientConnectConfig> {
  try {
    const set = Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return loadClientConnectConfig({ overrideEnvVars: Object.fromEntries(set) });
  } catch (error) {
    throw new BadConfiguration(`the Temporal configuration cannot be read: ${reasonOf(error)}`, error);
  }
}

function ofSandbox(
  sandbox: SandboxDescription,
  temporal: NonNullable<SandboxDescription['temporal']>,
): ConnectionChoice {
  return {
    options: { address: temporal.address },
    namespace: temporal.namespace,
    ui: temporal.ui,
    source: `the sandbox in ${sandbox.dir}`,
  };
}

function uiOfAddress(address: string, sandbox: SandboxDescription | undefined): string | undefined {
  return sandbox?.temporal?.address === address ? sandbox.temporal.ui : uiOfCloud(address);
}

/** Names what the system says of an address; null where it says nothing that is clear. */
function reasonInDetails(details: string): string | null {
  if (details.includes('ECONNREFUSED')) return 'connection refused, nothing listens there';
  if (details.includes('ENOTFOUND') || details.startsWith('Name resolution failed')) return 'no such host is known';
  return null;
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const { details, code } = cause as { details?: unknown; code?: unknown };
  if (typeof details === 'string') {
    if (code === status.DEADLINE_EXCEEDED) return `no answer within ${connectTimeoutMs / 1_000} s`;
    return reasonInDetails(details) ?? details;
  }
  return cause instanceof Error ? (cause.message.split('\n')[0] ?? cause.name) : String(cause);
}
