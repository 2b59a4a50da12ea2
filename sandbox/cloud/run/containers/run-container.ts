import type { ContainerExit, ContainerProcess } from '../../../containers/process.ts';
import { startContainer } from '../../../containers/process.ts';
import type { StartupProbe } from '../../../containers/startup-probe.ts';
import type { Cloud, ResolvedImage } from '../../core/cloud.ts';
import type { RunParts } from '../resources/collections.ts';
import type { Container, EnvVar, Probe } from '../resources/resources.ts';
import type { ContainerLog } from './container-log.ts';

/** A start that the platform refuses: the container never ran. */
export class ContainerStartError extends Error {
  readonly reason: 'SECRETS_ACCESS_CHECK_FAILED' | 'CONTAINER_MISSING';

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
  log: ContainerLog;
}

/** Starts a container of Cloud Run; throws a ContainerStartError where a secret is missing. */
export function runContainer({ cloud, state }: RunParts, run: ContainerRun): ContainerProcess {
  const { command, args, env, workingDir } = run.container;
  const own = env.map((variable) => [variable.name, valueOf(cloud, variable)] as const);
  return startContainer(
    { command, args, workingDir, folder: run.image.path, env: { ...Object.fromEntries(own), ...run.platformEnv } },
    state.processes,
    (stream, line) => run.log.line(stream, line),
  );
}

function valueOf(cloud: Cloud, variable: EnvVar): string {
  const reference = variable.valueSource?.secretKeyRef;
  if (!reference) return variable.value ?? '';
  const value = cloud.secrets.access(reference.secret, reference.version || 'latest');
  if (value) return value.toString('utf8');
  const name = reference.secret.includes('/')
    ? reference.secret
    : `projects/${cloud.project}/secrets/${reference.secret}`;
  throw new ContainerStartError(
    'SECRETS_ACCESS_CHECK_FAILED',
    `Secret ${name}/versions/${reference.version || 'latest'} was not found`,
  );
}

/** Translates a probe of Cloud Run; its failures count as one stretch of time. */
export function startupProbe(probe: Probe): StartupProbe {
  const { httpGet } = probe;
  const allowedSeconds = probe.initialDelaySeconds + probe.periodSeconds * probe.failureThreshold;
  return {
    allowedMs: Math.max(allowedSeconds, probe.timeoutSeconds) * 1000,
    timeoutMs: probe.timeoutSeconds * 1000,
    ...(httpGet && {
      http: {
        path: httpGet.path || '/',
        headers: (httpGet.httpHeaders ?? []).map(({ name, value }): [string, string] => [name, value]),
      },
    }),
  };
}

/** Describes a container's end in the platform's words. */
export function exitText({ code, signal }: ContainerExit): string {
  return signal ? `Container terminated on signal ${signal}.` : `Container called exit(${code}).`;
}
