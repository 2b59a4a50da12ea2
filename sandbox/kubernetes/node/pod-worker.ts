import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { ApiException } from '@kubernetes/client-node';
import { pause } from './back-off.ts';
import { configReader } from './config-reader.ts';
import { unknownEnd } from './container.ts';
import { openPodLogs } from './log-files.ts';
import type { PodLogs } from './log-files.ts';
import type { NodeContext } from './node-context.ts';
import { podContainers } from './pod-containers.ts';
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
  /** Writes the status again, whatever was written last. */
  refresh(): void;
  /** Ends all that runs at once, and removes the pod's folder: the pod is no more. */
  remove(): Promise<void>;
  /** Ends all that runs and writes nothing: the node goes, the pod stays. */
  abandon(): Promise<void>;
}

/** The grace of processes when the node itself goes. */
const abandonedGraceMs = 2000;

/** Starts the worker of a pod. One that has ended before is not run again. */
export function startPodWorker(context: NodeContext, first: V1Pod): PodWorker {
  const folder = join(context.folder, 'pods', first.metadata?.uid ?? '');
  const logs = openPodLogs(join(folder, 'logs'));
  const writer = openStatusWriter(context, first);
  const containers = podContainers(first);
  const stopping = new AbortController();
  const startTime = first.status?.startTime ?? new Date();
  const hasEndedBefore = ['Succeeded', 'Failed'].includes(first.status?.phase ?? '');
  let pod = first;
  let address: string | undefined;
  let isOver = false;
  let isLate = false;
  let ending: Promise<void> | undefined;

  const publish = (): void => {
    if (hasEndedBefore) return;
    const { init, containers: main } = containers.statuses();
    const status = { pod, address, startTime, init, containers: isOver ? main.map(over) : main, isOver, isLate };
    writer.put(podStatus(status));
  };
  const endLate = async (): Promise<void> => {
    isLate = true;
    await stop(graceMsOf(pod));
    isOver = true;
    publish();
  };
  const live = async (): Promise<void> => {
    if (hasEndedBefore) return;
    const deadline = deadlineOf(first, startTime);
    const timer = deadline === undefined ? undefined : setTimeout(() => void endLate(), deadline - Date.now());
    const own = context.podAddresses.take(first.status?.podIP);
    address = own;
    publish();
    const volumes = await volumesOf(context, first, own, folder, stopping.signal);
    const surroundings = { context, logs, address: own, pod: () => pod, changed: publish };
    if (volumes) await containers.run({ ...surroundings, volumes }, stopping.signal);
    clearTimeout(timer);
    publish();
    context.podAddresses.give(own);
  };
  const life = live();
  const stop = async (graceMs: number): Promise<void> => {
    stopping.abort();
    await containers.stop(graceMs);
    await life;
  };
  const end = async (): Promise<void> => {
    await context.online();
    await stop(graceMsOf(pod));
    isOver = true;
    publish();
    await writer.flushed();
    await context.online();
    await deletePod(context, pod);
  };
  const update = (now: V1Pod): void => {
    pod = now;
    if (now.metadata?.deletionTimestamp === undefined) return;
    ending ??= end().catch((error: Error) => {
      ending = undefined;
      context.say(`cannot end pod ${now.metadata?.namespace}/${now.metadata?.name}: ${error.message}`);
    });
  };
  const close = async (graceMs: number): Promise<void> => {
    writer.close();
    await stop(graceMs);
  };
  update(first);
  return {
    logs,
    pod: () => pod,
    update,
    refresh: () => {
      writer.forget();
      publish();
    },
    remove: () => close(0).then(() => rm(folder, { recursive: true, force: true })),
    abandon: () => close(abandonedGraceMs),
  };
}

const graceMsOf = ({ metadata, spec }: V1Pod): number =>
  (metadata?.deletionGracePeriodSeconds ?? spec?.terminationGracePeriodSeconds ?? 30) * 1000;

/** Answers when a pod has run for long enough, in milliseconds since 1970; undefined where nothing limits it. */
function deadlineOf({ spec }: V1Pod, startTime: Date): number | undefined {
  const { activeDeadlineSeconds } = spec ?? {};
  return activeDeadlineSeconds === undefined ? undefined : startTime.getTime() + activeDeadlineSeconds * 1000;
}

/** Makes the volumes as soon as all that they refer to is there; undefined when stopped before. */
async function volumesOf(
  context: NodeContext,
  pod: V1Pod,
  podIP: string,
  folder: string,
  stop: AbortSignal,
): Promise<VolumeFolders | undefined> {
  const namespace = pod.metadata?.namespace ?? '';
  const places = { pod: folder, claims: join(context.folder, 'claims', namespace) };
  const config = configReader(context.core, namespace);
  while (!stop.aborted) {
    try {
      return await makeVolumes({ pod, podIP, nodeName: context.name }, places, config);
    } catch (error) {
      context.events.record(pod, 'Warning', 'FailedMount', `MountVolume.SetUp failed: ${(error as Error).message}`);
      await pause(context.tempo.lookAgainMs, stop);
    }
  }
  return undefined;
}

/** Ends the status of a container that never ran or was waiting to run again. */
function over(status: V1ContainerStatus): V1ContainerStatus {
  return status.state?.terminated ? status : { ...status, state: { terminated: unknownEnd() } };
}

/**
 * Removes the object: its grace is over, nothing of it runs. The server reads no option of the query once there is a
 * body.
 */
async function deletePod({ core }: NodeContext, { metadata }: V1Pod): Promise<void> {
  const { name = '', namespace = '', uid } = metadata ?? {};
  try {
    await core.deleteNamespacedPod({ name, namespace, body: { gracePeriodSeconds: 0, preconditions: { uid } } });
  } catch (error) {
    if (!(error instanceof ApiException) || ![404, 409].includes(error.code)) throw error;
  }
}
