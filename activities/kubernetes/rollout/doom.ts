import type { ContainerStatus, PodObject } from '../revisions.ts';

/**
 * An answer of a registry that no later pull mends. Refused credentials may be there a moment later, and a time-out, a
 * full disk or a host that is not found may pass.
 */
const finalPullAnswer = /not found|notfound|manifest unknown|does not exist/i;
const passingPullProblem = /dial tcp|lookup \S+ on |no such host/i;
/** The kubelet's own caches are late: the reference is there (Shopify/krane pod.rb). */
const passingConfigError = /failed to sync .* cache/i;
/** Exit code of a container that its runtime could not start, for a reason that may pass. */
const runtimeStartFailure = 128;

/** Says why a pod cannot become ready by itself; undefined while it may. */
export function doomOf({ status }: PodObject): string | undefined {
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  for (const container of containers) {
    const why = doomOfContainer(container);
    if (why !== undefined) return `container ${container.name}: ${why}`;
  }
  return undefined;
}

function doomOfContainer({
  state,
  lastState,
  ready,
  restartCount = 0,
  image = '',
}: ContainerStatus): string | undefined {
  if (ready) return undefined;
  const { reason = '', message = '' } = state?.waiting ?? {};
  switch (reason) {
    case 'CrashLoopBackOff':
      return `it crashes again and again (${describeEnd(lastState)}, ${restartCount} restarts)`;
    case 'ErrImagePull':
    case 'ImagePullBackOff':
      return isFinalPull(message) ? `image ${image} cannot be pulled: ${message}` : undefined;
    case 'InvalidImageName':
    case 'ErrImageNeverPull':
      return `image ${image} cannot be used (${reason})`;
    case 'CreateContainerConfigError':
      return passingConfigError.test(message) ? undefined : `its configuration is wrong: ${message}`;
    default:
      return cannotRun(state) ?? (state?.waiting && cannotRun(lastState));
  }
}

function isFinalPull(message: string): boolean {
  return finalPullAnswer.test(message) && !passingPullProblem.test(message);
}

function cannotRun(state: ContainerStatus['state']): string | undefined {
  const end = state?.terminated;
  if (end?.reason !== 'ContainerCannotRun' || end.exitCode === runtimeStartFailure) return undefined;
  return `it cannot run: ${end.message ?? ''}`;
}

function describeEnd(last: ContainerStatus['lastState']): string {
  const end = last?.terminated;
  if (!end) return 'its last end is not known';
  const message = end.message ? `: ${end.message.trim().split('\n').at(-1)?.slice(0, 200)}` : '';
  return `last exit code ${end.exitCode ?? 'unknown'}${end.reason ? `, ${end.reason}` : ''}${message}`;
}
