import type { ContainerExit, ContainerProcess } from '../../../containers/process.ts';
import { startContainer } from '../../../containers/process.ts';
import { quantity } from '../../../containers/quantity.ts';
import type { Cloud, ResolvedImage } from '../../core/cloud.ts';
import { projectNumber } from '../../core/project-number.ts';
import type { RunParts } from '../resources/collections.ts';
import type { Container, EnvVar } from '../resources/resources.ts';
import type { ContainerLog } from './container-log.ts';

/** A start that the platform refuses: the container never ran. */
export class ContainerStartError extends Error {
  readonly reason: 'SECRETS_ACCESS_CHECK_FAILED' | 'CONTAINER_MISSING' | 'CONTAINER_PERMISSION_DENIED';

  constructor(reason: ContainerStartError['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

export interface ContainerRun {
  container: Container;
  image: ResolvedImage;
  /** Variables that the platform adds: PORT, K_SERVICE, CLOUD_RUN_JOB, … */
  platformEnv: Record<string, string>;
  /** The account that it runs as; empty for the default one. */
  serviceAccount: string;
  log: ContainerLog;
}

/** Starts a container of Cloud Run; throws a ContainerStartError where a secret is missing or may not be read. */
export function runContainer({ cloud, state }: RunParts, run: ContainerRun): ContainerProcess {
  const { command, args, env, workingDir, resources } = run.container;
  const own = env.map((variable) => [variable.name, valueOf(cloud, variable, run.serviceAccount)] as const);
  const limit = resources?.limits['memory'];
  const container = startContainer(
    {
      ...{ command, args, workingDir, folder: run.image.path },
      env: { ...Object.fromEntries(own), ...run.platformEnv },
      memoryLimitBytes: limit === undefined ? undefined : quantity(limit),
    },
    state.processes,
    (stream, line) => run.log.line(stream, line),
  );
  void container.exited.then(({ exceededBytes }) => {
    if (exceededBytes !== null && limit !== undefined) run.log.system('ERROR', memoryText(limit, exceededBytes));
  });
  return container;
}

function valueOf(cloud: Cloud, variable: EnvVar, serviceAccount: string): string {
  const reference = variable.valueSource?.secretKeyRef;
  if (!reference) return variable.value ?? '';
  const { secret, version } = reference;
  const path = secret.includes('/') ? secret : `projects/${cloud.project}/secrets/${secret}`;
  const name = `${path}/versions/${version || 'latest'}`;
  if (!cloud.permissions.has('secretmanager.versions.access', name))
    throw new ContainerStartError('SECRETS_ACCESS_CHECK_FAILED', secretDenialText(name, serviceAccount));
  const value = cloud.secrets.access(secret, version || 'latest');
  if (value) return value.toString('utf8');
  throw new ContainerStartError('SECRETS_ACCESS_CHECK_FAILED', `Secret ${name} was not found`);
}

function secretDenialText(name: string, serviceAccount: string): string {
  const account = serviceAccount || `${projectNumber}-compute@developer.gserviceaccount.com`;
  return (
    `Permission denied on secret: ${name} for Revision service account ${account}. The service account used must be ` +
    "granted the 'Secret Manager Secret Accessor' role (roles/secretmanager.secretAccessor) at the secret, project " +
    'or higher level.'
  );
}

/** Refuses an image that Cloud Run's own service agent may not read. */
export function requireReadableImage(cloud: Cloud, image: string): void {
  if (cloud.permissions.has('artifactregistry.repositories.downloadArtifacts', image)) return;
  throw new ContainerStartError(
    'CONTAINER_PERMISSION_DENIED',
    `Google Cloud Run Service Agent service-${projectNumber}@serverless-robot-prod.iam.gserviceaccount.com must have ` +
      `permission to read the image, ${image}. Ensure that the provided container image URL is correct and that the ` +
      'above account has permission to access the image. If you just enabled the Cloud Run API, the permissions ' +
      'might take a few minutes to propagate.',
  );
}

function memoryText(limit: string, usedBytes: number): string {
  const mebibytes = (bytes: number): number => Math.ceil(bytes / 2 ** 20);
  return (
    `Memory limit of ${mebibytes(quantity(limit))} MiB exceeded with ${mebibytes(usedBytes)} MiB used. Consider ` +
    'increasing the memory limit, see https://cloud.google.com/run/docs/configuring/memory-limits'
  );
}

/** Describes a container's end in the platform's words. */
export function exitText({ code, signal }: ContainerExit): string {
  return signal ? `Container terminated on signal ${signal}.` : `Container called exit(${code}).`;
}
