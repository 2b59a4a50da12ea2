import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { readSandbox, type SandboxDescription } from '../../sandbox/description.ts';
import { CommandError } from '../cli/command-error.ts';
import { exitCodes } from '../cli/exit-codes.ts';

/** Which Temporal a command talks to, and why that one. */
export interface ConnectionChoice {
  options: ReturnType<typeof loadClientConnectConfig>['connectionOptions'] & { address: string };
  namespace: string;
  /** Root of the Temporal UI, when known. */
  ui: string | undefined;
  /** For a person: where the choice comes from. */
  source: string;
}

export interface Connected extends ConnectionChoice {
  client: Client;
  close: () => Promise<void>;
}

const connectTimeout = '5s';

/**
 * Said once, the ecosystem's way: an explicit `--dir` (or SLIPWAY_SANDBOX_DIR) names a sandbox; else what
 * `@temporalio/envconfig` finds (TEMPORAL_ADDRESS, a profile of the configuration file); else the live sandbox of
 * this folder.
 */
export async function chooseConnection(
  flag?: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<ConnectionChoice> {
  const dir = flag ?? environment['SLIPWAY_SANDBOX_DIR'];
  const sandbox = await readSandbox(dir);
  if (dir !== undefined) {
    if (!sandbox?.temporal)
      throw CommandError.notFound(`no sandbox runs in ${dir}`, [`./slipway sandbox up --dir ${dir}`]);
    return ofSandbox(sandbox, sandbox.temporal);
  }
  const { connectionOptions, namespace } = configured(environment);
  if (connectionOptions.address) {
    const ui = environment['TEMPORAL_UI_URL'] ?? knownInterface(connectionOptions.address, sandbox);
    const source = environment['TEMPORAL_ADDRESS']
      ? 'TEMPORAL_ADDRESS'
      : `profile ${environment['TEMPORAL_PROFILE'] ?? 'default'}`;
    return {
      options: { ...connectionOptions, address: connectionOptions.address },
      namespace: namespace ?? 'default',
      ui,
      source,
    };
  }
  if (sandbox?.temporal) return ofSandbox(sandbox, sandbox.temporal);
  throw CommandError.unreachable('nothing says which Temporal to use', [
    'a local world, with everything in it: ./slipway sandbox up --detach',
    'your own server: TEMPORAL_ADDRESS=host:7233 (and TEMPORAL_NAMESPACE, TEMPORAL_API_KEY)',
    'a profile: temporal config set --prop address --value host:7233',
  ]);
}

/** Connects, or says in one line why not. The caller closes it. */
export async function connect(dir?: string, environment: NodeJS.ProcessEnv = process.env): Promise<Connected> {
  return connectTo(await chooseConnection(dir, environment));
}

/** Connects to a sandbox, whatever else is configured. */
export async function connectToSandbox(sandbox: SandboxDescription): Promise<Connected> {
  if (!sandbox.temporal) throw CommandError.notFound(`the sandbox in ${sandbox.dir} has no Temporal`);
  return connectTo(ofSandbox(sandbox, sandbox.temporal));
}

async function connectTo(choice: ConnectionChoice): Promise<Connected> {
  try {
    const connection = await Connection.connect({ ...choice.options, connectTimeout });
    const client = new Client({ connection, namespace: choice.namespace, identity: `slipway-cli@${process.pid}` });
    return { ...choice, client, close: async () => connection.close() };
  } catch (error) {
    throw CommandError.unreachable(
      `cannot reach Temporal at ${choice.options.address} (from ${choice.source}): ${reasonOf(error)}`,
      [
        'is the server running? for a local one: ./slipway sandbox up --detach',
        'another one: TEMPORAL_ADDRESS=host:7233, or a profile',
      ],
    );
  }
}

/** Where a person sees a run in the Temporal UI; undefined when no UI is known. */
export function runLink(
  { ui, namespace }: Pick<ConnectionChoice, 'ui' | 'namespace'>,
  workflowId: string,
  runId: string,
  page = 'history',
): string | undefined {
  if (ui === undefined) return undefined;
  const runs = `${ui.replace(/\/$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows`;
  return `${runs}/${encodeURIComponent(workflowId)}/${runId}/${page}`;
}

function configured(environment: NodeJS.ProcessEnv): ReturnType<typeof loadClientConnectConfig> {
  try {
    const set = Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return loadClientConnectConfig({ overrideEnvVars: Object.fromEntries(set) });
  } catch (error) {
    throw new CommandError(`the Temporal configuration cannot be read: ${reasonOf(error)}`, {
      exitCode: exitCodes.badInput,
      code: 'BadConfiguration',
    });
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

function knownInterface(address: string, sandbox: SandboxDescription | undefined): string | undefined {
  if (sandbox?.temporal?.address === address) return sandbox.temporal.ui;
  return /\.tmprl\.cloud(:\d+)?$/.test(address) ? 'https://cloud.temporal.io' : undefined;
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? (cause.message.split('\n')[0] ?? cause.name) : String(cause);
}
