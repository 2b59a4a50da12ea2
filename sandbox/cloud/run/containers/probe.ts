import type { StartupProbe } from '../../../containers/startup-probe.ts';
import { defaultProbeSeconds } from '../resources/defaults.ts';
import { shortName } from '../resources/names.ts';
import type { Container, Probe, Revision } from '../resources/resources.ts';

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

/** Says why a revision cannot serve whose container did not pass, in the platform's words. */
export function startFailureText(container: Container, probe: Probe): string {
  if (!isDefault(probe))
    return (
      'The user-provided container failed the configured startup probe checks. ' +
      'Logs for this revision might contain more information.'
    );
  return (
    'The user-provided container failed to start and listen on the port defined provided by the ' +
    `PORT=${portOf(container)} environment variable within the allocated timeout. ` +
    'This can happen when the container port is misconfigured or if the timeout is too short. ' +
    'The health check timeout can be extended. Logs for this revision might contain more information.'
  );
}

/** Says in the log how a probe has failed, in the platform's words; `hasEnded` if there was nobody to answer it. */
export function probeFailureText(revision: Revision, container: Container, probe: Probe, hasEnded: boolean): string {
  const times = hasEnded ? 1 : probe.failureThreshold;
  const name = container.name || `${shortName(revision.service)}-1`;
  const kind = `${isDefault(probe) ? 'Default ' : ''}STARTUP ${probe.httpGet ? 'HTTP' : 'TCP'}`;
  const path = probe.httpGet ? ` path "${probe.httpGet.path || '/'}"` : '';
  const status = hasEnded ? 'CANCELLED' : 'DEADLINE_EXCEEDED';
  return (
    `${kind} probe failed ${times} ${times === 1 ? 'time' : 'times'} consecutively for container "${name}" on port ` +
    `${portOf(container)}${path}. The instance was not started.` +
    (probe.httpGet ? '' : ` Connection failed with status ${status}.`)
  );
}

/** Says whether the platform made the probe up, since the template has none. */
function isDefault({ httpGet, timeoutSeconds, periodSeconds, failureThreshold }: Probe): boolean {
  return (
    !httpGet &&
    timeoutSeconds === defaultProbeSeconds &&
    periodSeconds === defaultProbeSeconds &&
    failureThreshold === 1
  );
}

function portOf({ ports }: Container): number {
  return ports[0]?.containerPort ?? 8080;
}
