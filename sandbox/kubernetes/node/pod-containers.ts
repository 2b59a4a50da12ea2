import type { V1Container, V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { superviseContainer } from './container.ts';
import type { Container, ContainerOptions, RestartPolicy } from './container.ts';

/** What all containers of a pod have in common. */
export type PodSurroundings = Pick<ContainerOptions, 'context' | 'pod' | 'address' | 'volumes' | 'logs' | 'changed'>;

/** The containers of a pod: which of them run, and in which order they start and stop. */
export interface PodContainers {
  statuses(): { init: V1ContainerStatus[]; containers: V1ContainerStatus[] };
  /** Starts them, init containers first; settles when all have ended for good. */
  run(surroundings: PodSurroundings, stop: AbortSignal): Promise<void>;
  stop(graceMs: number): Promise<void>;
}

const isSidecar = ({ restartPolicy }: V1Container): boolean => restartPolicy === 'Always';

/** Describes the containers of a pod, which may have run in an earlier life of the node. */
export function podContainers(pod: V1Pod): PodContainers {
  const { initContainers: init = [], containers = [], restartPolicy = 'Always' } = pod.spec ?? {};
  const policy = restartPolicy as RestartPolicy;
  const running = new Map<string, Container>();
  const statusOf = (spec: V1Container): V1ContainerStatus =>
    running.get(spec.name)?.status() ?? earlierStatus(pod, spec.name) ?? notStarted(spec, init.length > 0);
  const start = (surroundings: PodSurroundings, spec: V1Container, policy: RestartPolicy): Container => {
    const earlier = earlierStatus(pod, spec.name);
    const container = superviseContainer({ ...surroundings, spec, restartPolicy: policy, earlier });
    running.set(spec.name, container);
    surroundings.changed();
    return container;
  };
  const stop = async (specs: V1Container[], graceMs: number): Promise<void> =>
    void (await Promise.all(specs.map(async ({ name }) => running.get(name)?.stop(graceMs))));
  const initialize = async (surroundings: PodSurroundings, stop: AbortSignal): Promise<boolean> => {
    for (const spec of init) {
      if (isSidecar(spec)) await start(surroundings, spec, 'Always').started;
      else if (!(await succeeds(start(surroundings, spec, policy === 'Always' ? 'OnFailure' : policy)))) return false;
      if (stop.aborted) return false;
    }
    return true;
  };
  return {
    statuses: () => ({ init: init.map(statusOf), containers: containers.map(statusOf) }),
    run: async (surroundings, stopped) => {
      if (!(await initialize(surroundings, stopped))) return;
      await Promise.all(containers.map((spec) => start(surroundings, spec, policy).ended));
      await stop(init.filter(isSidecar), (pod.spec?.terminationGracePeriodSeconds ?? 30) * 1000);
    },
    stop: async (graceMs) => {
      await stop([...init.filter((spec) => !isSidecar(spec)), ...containers], graceMs);
      await stop(init.filter(isSidecar), graceMs);
    },
  };
}

async function succeeds(container: Container): Promise<boolean> {
  await container.ended;
  return container.status().state?.terminated?.exitCode === 0;
}

function earlierStatus({ status }: V1Pod, name: string): V1ContainerStatus | undefined {
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return all.find((each) => each.name === name);
}

function notStarted({ name, image = '' }: V1Container, hasInit: boolean): V1ContainerStatus {
  const reason = hasInit ? 'PodInitializing' : 'ContainerCreating';
  return { name, image, imageID: '', ready: false, started: false, restartCount: 0, state: { waiting: { reason } } };
}
