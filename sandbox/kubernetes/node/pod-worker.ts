import { join } from 'node:path';
import { rm } from 'node:fs/promises';
import type { V1Container, V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { ApiException } from '@kubernetes/client-node';
import { pause } from './back-off.ts';
import { configReader } from './config-reader.ts';
import { superviseContainer, unknownEnd } from './container.ts';
import type { Container, RestartPolicy } from './container.ts';
import { openPodLogs } from './log-files.ts';
import type { PodLogs } from './log-files.ts';
import type { NodeContext } from './node-context.ts';
import { podStatus } from './pod-status.ts';
import { openStatusWriter } from './status-writer.ts';
import { makeVolumes } from './volumes.ts';
import type { VolumeFolders } from './volumes.ts';

/** Runs one pod, from its binding to its removal. */
export interface PodWorker {
  logs: PodLogs;
  pod(): V1Pod;
  /** Takes the pod as it is now: it may have been deleted, with a time of grace. */
  update(pod: V1Pod): void;
  /** Ends all that runs at once, and removes the pod's folder: the pod is no more. */
  remove(): Promise<void>;
  /** Ends all that runs and writes nothing: the node goes, the pod stays. */
  abandon(): Promise<void>;
}

const isTerminal = (pod: V1Pod): boolean => ['Succeeded', 'Failed'].includes(pod.status?.phase ?? '');

export function startPodWorker(context: NodeContext, first: V1Pod): PodWorker {
  const { name = '', namespace = '', uid = '' } = first.metadata ?? {};
  const folder = join(context.folder, 'pods', uid);
  const logs = openPodLogs(join(folder, 'logs'));
  const writer = openStatusWriter(context, first);
  const stopping = new AbortController();
  const running = new Map<string, Container>();
  const startTime = first.status?.startTime ?? new Date();
  let pod = first;
  let address: string | undefined;
  let isOver = false;
  let ending: Promise<void> | undefined;

  const specs = { init: first.spec?.initContainers ?? [], main: first.spec?.containers ?? [] };
  const statusOf = (spec: V1Container): V1ContainerStatus =>
    running.get(spec.name)?.status() ?? earlierStatus(first, spec.name) ?? notStarted(spec, specs.init.length > 0);
  const publish = (): void => {
    const [init, containers] = [specs.init.map(statusOf), specs.main.map((spec) => statusOf(spec))];
    writer.put(
      podStatus({ pod, address, startTime, init, containers: isOver ? containers.map(over) : containers, isOver }),
    );
  };
  const start = (spec: V1Container, restartPolicy: RestartPolicy, volumes: VolumeFolders): Container => {
    const earlier = earlierStatus(first, spec.name);
    const options = { context, spec, restartPolicy, volumes, logs, earlier, address: address ?? '' };
    const container = superviseContainer({ ...options, pod: () => pod, changed: publish });
    running.set(spec.name, container);
    publish();
    return container;
  };
  const stopAll = async (graceMs: number): Promise<void> => {
    stopping.abort();
    const isSidecar = (spec: V1Container): boolean => spec.restartPolicy === 'Always';
    const [sidecars, others] = [
      specs.init.filter(isSidecar),
      [...specs.init, ...specs.main].filter((each) => !isSidecar(each)),
    ];
    const stopThese = async (these: V1Container[]): Promise<void> =>
      void (await Promise.all(these.map(async (spec) => running.get(spec.name)?.stop(graceMs))));
    await stopThese(others);
    await stopThese(sidecars);
    await life;
    if (address) context.podAddresses.give(address);
  };
  const live = async (): Promise<void> => {
    if (isTerminal(first)) return;
    address = context.podAddresses.take(first.status?.podIP);
    publish();
    const volumes = await volumesOf(context, () => pod, address, folder, stopping.signal);
    if (!volumes) return;
    const policy = (first.spec?.restartPolicy ?? 'Always') as RestartPolicy;
    for (const spec of specs.init) {
      if (spec.restartPolicy === 'Always') await start(spec, 'Always', volumes).started;
      else if (!(await succeeds(start(spec, policy === 'Always' ? 'OnFailure' : policy, volumes)))) return;
      if (stopping.signal.aborted) return;
    }
    await Promise.all(specs.main.map((spec) => start(spec, policy, volumes).ended));
    const sidecars = specs.init.filter((spec) => spec.restartPolicy === 'Always');
    await Promise.all(sidecars.map(async (spec) => running.get(spec.name)?.stop(graceMsOf(pod))));
  };
  const life = live();
  void life.then(publishUnlessTerminal);
  function publishUnlessTerminal(): void {
    if (!isTerminal(first)) publish();
  }
  const end = async (): Promise<void> => {
    await context.online();
    await stopAll(graceMsOf(pod));
    isOver = true;
    publishUnlessTerminal();
    await writer.flushed();
    await context.online();
    await deletePod(context, pod);
  };
  const update = (now: V1Pod): void => {
    pod = now;
    if (now.metadata?.deletionTimestamp !== undefined)
      ending ??= end().catch((error: Error) => {
        ending = undefined;
        context.say(`cannot end pod ${namespace}/${name}: ${error.message}`);
      });
  };
  update(first);
  return {
    logs,
    pod: () => pod,
    update,
    remove: async () => {
      writer.close();
      await stopAll(0);
      await rm(folder, { recursive: true, force: true });
    },
    abandon: async () => {
      writer.close();
      await stopAll(2000);
    },
  };
}

async function succeeds(container: Container): Promise<boolean> {
  await container.ended;
  return container.status().state?.terminated?.exitCode === 0;
}

const graceMsOf = ({ metadata, spec }: V1Pod): number =>
  (metadata?.deletionGracePeriodSeconds ?? spec?.terminationGracePeriodSeconds ?? 30) * 1000;

/** Makes the volumes as soon as all that they refer to is there; undefined when stopped before. */
async function volumesOf(
  context: NodeContext,
  pod: () => V1Pod,
  podIP: string,
  folder: string,
  stop: AbortSignal,
): Promise<VolumeFolders | undefined> {
  const namespace = pod().metadata?.namespace ?? '';
  const places = { pod: folder, claims: join(context.folder, 'claims', namespace) };
  const config = configReader(context.core, namespace);
  while (!stop.aborted) {
    try {
      return await makeVolumes({ pod: pod(), podIP, nodeName: context.name }, places, config);
    } catch (error) {
      context.events.record(pod(), 'Warning', 'FailedMount', `MountVolume.SetUp failed: ${(error as Error).message}`);
      await pause(context.tempo.lookAgainMs, stop);
    }
  }
  return undefined;
}

function earlierStatus({ status }: V1Pod, name: string): V1ContainerStatus | undefined {
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return all.find((each) => each.name === name);
}

function notStarted({ name, image = '' }: V1Container, hasInit: boolean): V1ContainerStatus {
  const reason = hasInit ? 'PodInitializing' : 'ContainerCreating';
  return { name, image, imageID: '', ready: false, started: false, restartCount: 0, state: { waiting: { reason } } };
}

/** Ends the status of a container that never ran or was waiting to run again. */
function over(status: V1ContainerStatus): V1ContainerStatus {
  return status.state?.terminated ? status : { ...status, state: { terminated: unknownEnd() } };
}

/** Removes the object: its grace is over, nothing of it runs. */
async function deletePod({ core }: NodeContext, { metadata }: V1Pod): Promise<void> {
  const { name = '', namespace = '', uid } = metadata ?? {};
  try {
    await core.deleteNamespacedPod({ name, namespace, gracePeriodSeconds: 0, body: { preconditions: { uid } } });
  } catch (error) {
    if (!(error instanceof ApiException) || ![404, 409].includes(error.code)) throw error;
  }
}
