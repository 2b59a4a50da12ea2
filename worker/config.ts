import path from 'node:path';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { secretVariablePrefix } from '../contract/catalog/notifications.ts';
import { uiOfCloud } from '../contract/run-link.ts';
import { readSandbox } from '../sandbox/description.ts';
import { workerAccount } from '../sandbox/worker-account.ts';
import { sandboxSecrets, sandboxVariables } from '../sandbox/people.ts';
import { refuseMixture } from './mixture.ts';
import { projectFolder } from './project-folder.ts';

/** Variables of the worker itself that hold a secret. */
const ownVariables = ['SLIPWAY_GITHUB_TOKEN', 'TEMPORAL_API_KEY'];

export interface WorkerConfig {
  temporal: {
    connectionOptions: { address: string } & Record<string, unknown>;
    namespace: string;
    /** Root of the Temporal UI, for links; undefined when none is known. */
    ui: string | undefined;
  };
  /** Addresses of a sandbox's cloud, and the worker's token there; undefined for Google's own APIs. */
  google: { grpc: string; http: string; token: string } | undefined;
  /** True unless the cloud is a sandbox's: then a program of a commit runs only if it is confined. */
  hasCredentials: boolean;
  /** The kubeconfig and the kubectl of a sandbox; empty for the ecosystem's own: KUBECONFIG, PATH. */
  kubernetes: { kubeconfig?: string; kubectl?: string };
  catalogFolder: string;
  /** Values of `${SLIPWAY_…}` in catalog files. */
  catalogVariables: Record<string, string | undefined>;
  /** Secrets of a sandbox by the variable that the catalog names, for those that the worker's own environment lacks. */
  sandboxSecrets: Record<string, string>;
  /** The Prometheus of metric gates for which the catalog names none. */
  prometheus: string | undefined;
  /** The Alertmanager that incidents ask. */
  alertmanager: string | undefined;
  evidenceFolder: string;
  /** The bucket that keeps ledgers and evidence, `gs://<bucket>/<prefix>`; undefined to keep them in the folder. */
  evidenceBucket: string | undefined;
  /** The GitHub where checks of commits are read. */
  github: { api: string; token: string | undefined };
  /** Addresses of the services that people are told by. */
  slackApi: string;
  pagerDutyApi: string;
  sourcesFolder: string;
  /** Time after which a run says what a step waits for; undefined for the usual. */
  standstillMs: number | undefined;
  /** One line for the person who starts it. */
  description: string;
}

/**
 * Reads the connections, each said once in the ecosystem's way: `TEMPORAL_*` or a profile, Application Default
 * Credentials. Without any of these the worker joins this folder's sandbox, with every address from its description; it
 * never mixes the two. A catalog file may not name the token (invariant I9).
 */
export async function workerConfig(
  { SLIPWAY_GITHUB_TOKEN: token, ...environment }: NodeJS.ProcessEnv,
  sandboxFolder?: string,
): Promise<WorkerConfig> {
  const { connectionOptions, namespace } = loadClientConnectConfig();
  const explicit = typeof connectionOptions.address === 'string' && sandboxFolder === undefined;
  const sandbox = explicit ? undefined : await readSandbox(sandboxFolder);
  const state = stateFolder(environment, sandbox);
  const folders = {
    catalogFolder: environment['SLIPWAY_CATALOG'] ?? path.join(projectFolder, 'catalog'),
    evidenceFolder: evidenceFolder(environment, sandbox),
    evidenceBucket: environment['SLIPWAY_EVIDENCE_BUCKET'],
    sourcesFolder: path.join(state, 'sources'),
    standstillMs: millisecondsOf('SLIPWAY_STANDSTILL_SECONDS', environment),
    github: { api: environment['SLIPWAY_GITHUB_API'] ?? 'https://api.github.com', token },
    slackApi: environment['SLIPWAY_SLACK_API'] ?? 'https://slack.com/api',
    pagerDutyApi: environment['SLIPWAY_PAGERDUTY_API'] ?? 'https://events.pagerduty.com',
  };
  if (explicit) {
    const { address = '' } = connectionOptions;
    refuseMixture({ address, cloud: environment['SLIPWAY_CLOUD_GRPC'] || undefined, sandbox: await readSandbox() });
    const google = environment['SLIPWAY_CLOUD_GRPC']
      ? {
          grpc: environment['SLIPWAY_CLOUD_GRPC'],
          http: environment['SLIPWAY_CLOUD_HTTP'] ?? '',
          token: workerAccount,
        }
      : undefined;
    const cloud = google ? `emulated at ${google.grpc}` : 'by Application Default Credentials';
    const description = `Temporal at ${address}, Google Cloud ${cloud}`;
    return {
      temporal: {
        connectionOptions: { ...connectionOptions, address },
        namespace: namespace ?? 'default',
        ui: environment['TEMPORAL_UI_URL'] ?? uiOfCloud(address),
      },
      google,
      hasCredentials: google === undefined,
      kubernetes: {},
      prometheus: environment['SLIPWAY_PROMETHEUS'],
      alertmanager: environment['SLIPWAY_ALERTMANAGER'],
      catalogVariables: environment,
      sandboxSecrets: {},
      description,
      ...folders,
    };
  }
  if (!sandbox?.temporal || !sandbox.cloud) {
    throw new Error(
      'no Temporal to work for: start a sandbox (./slipway sandbox up), ' +
        'or set TEMPORAL_ADDRESS (or a profile) and the credentials of Google Cloud',
    );
  }
  const { temporal, cloud, kubernetes } = sandbox;
  return {
    temporal: { connectionOptions: { address: temporal.address }, namespace: temporal.namespace, ui: temporal.ui },
    google: { grpc: cloud.grpc, http: cloud.http, token: workerAccount },
    hasCredentials: false,
    // Without a cluster of its own a sandbox has none: a person's KUBECONFIG may name a real one.
    kubernetes: kubernetes
      ? { kubeconfig: kubernetes.kubeconfig, kubectl: kubernetes.kubectl }
      : { kubeconfig: path.join(sandbox.dir, 'sandbox-without-kubernetes') },
    prometheus: environment['SLIPWAY_PROMETHEUS'] ?? sandbox.prometheus?.url,
    alertmanager: environment['SLIPWAY_ALERTMANAGER'] ?? sandbox.alertmanager?.url,
    catalogVariables: { ...sandboxVariables(sandbox), ...environment },
    sandboxSecrets: sandboxSecrets(sandbox),
    description: `the sandbox in ${sandbox.dir} (Temporal at ${temporal.address})`,
    ...folders,
  };
}

/** Reads a time in seconds; undefined where none is set. Throws where it is no positive number. */
function millisecondsOf(name: string, environment: NodeJS.ProcessEnv): number | undefined {
  const text = environment[name];
  if (text === undefined || text === '') return undefined;
  const seconds = Number(text);
  if (!(seconds > 0 && seconds < Infinity)) throw new Error(`${name} must be a number of seconds, not ${text}`);
  return seconds * 1_000;
}

/** Lists the values of the worker's own secrets, which no text may repeat. */
export function ownSecrets(environment: NodeJS.ProcessEnv): string[] {
  const isSecret = (name: string) => name.startsWith(secretVariablePrefix) || ownVariables.includes(name);
  return Object.entries(environment).flatMap(([name, value]) => (isSecret(name) && value ? [value] : []));
}

/** Names the folder of ledgers and evidence: SLIPWAY_EVIDENCE, else below the sandbox's or this folder's state. */
export function evidenceFolder(environment: NodeJS.ProcessEnv, sandbox: { dir: string } | undefined): string {
  return environment['SLIPWAY_EVIDENCE'] ?? path.join(stateFolder(environment, sandbox), 'evidence');
}

function stateFolder(environment: NodeJS.ProcessEnv, sandbox: { dir: string } | undefined): string {
  return environment['SLIPWAY_STATE'] ?? sandbox?.dir ?? path.join(projectFolder, '.slipway');
}
