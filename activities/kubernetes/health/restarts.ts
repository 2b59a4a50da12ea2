import type { Finding } from '../../../contract/verdict.ts';
import type { ContainerStatus, PodObject } from '../revisions.ts';
import type { ObservedWorkload } from '../state.ts';

/** The checks are made once a day, so what was before was in an earlier report. */
const windowHours = 24;
const maxShown = 3;

/** Judges whether containers of the workload have crashed since yesterday, also where they run again by now. */
export function judgeRestarts({ pods }: Pick<ObservedWorkload, 'pods'>, now: Date): Finding {
  const since = new Date(now.getTime() - windowHours * 3_600_000).toISOString();
  const restarts = pods.flatMap((pod) => restartsOf(pod, since));
  if (restarts.length === 0) return { verdict: 'pass', reason: `none in the last ${windowHours} hours` };
  const more = restarts.length > maxShown ? [`and ${restarts.length - maxShown} more`] : [];
  return { verdict: 'fail', reason: [...restarts.slice(0, maxShown), ...more].join('; ') };
}

function restartsOf({ metadata, status }: PodObject, since: string): string[] {
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return containers
    .filter((container) => (container.restartCount ?? 0) > 0 && endedAt(container) >= since)
    .map((container) => {
      const { exitCode = 'unknown', reason } = container.lastState?.terminated ?? {};
      const why = [`exit code ${exitCode}`, ...(reason ? [reason] : [])].join(', ');
      const count = `${container.restartCount} restarts of container ${container.name}`;
      return `pod ${metadata.name}: ${count}, last at ${endedAt(container)} (${why})`;
    });
}

/** Answers when the run before this one ended; empty if the kubelet does not know any more. */
function endedAt({ lastState }: ContainerStatus): string {
  return lastState?.terminated?.finishedAt ?? '';
}
