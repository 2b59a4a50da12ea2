import type { V1Container, V1ContainerStateTerminated, V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { backOff, goDuration } from './back-off.ts';
import { configure, pullImage } from './container-preparation.ts';
import type { PreparationOptions, PreparedContainer } from './container-preparation.ts';
import { runContainer } from './container-run.ts';
import type { ContainerRun } from './container-run.ts';
import { imageId } from './images.ts';
import type { NodeImage } from './images.ts';
import type { PodLogs } from './log-files.ts';
import type { NodeContext } from './node-context.ts';
import type { VolumeFolders } from './volumes.ts';

export type RestartPolicy = 'Always' | 'OnFailure' | 'Never';

export interface ContainerOptions {
  context: NodeContext;
  /** The pod as it is now. */
  pod(): V1Pod;
  spec: V1Container;
  restartPolicy: RestartPolicy;
  address: string;
  volumes: VolumeFolders;
  logs: PodLogs;
  /** What an earlier life of the node knew of it. */
  earlier: V1ContainerStatus | undefined;
  changed(): void;
}

/** A container of a pod, through all of its runs. */
export interface Container {
  status(): V1ContainerStatus;
  /** Settles when it has ended and will not be started again. */
  ended: Promise<void>;
  /** Settles when it has passed its start-up probe for the first time, or has ended. */
  started: Promise<void>;
  stop(graceMs: number): Promise<void>;
}

/** Tells whether a container is started again after such an exit. */
export function restartsAfter(policy: RestartPolicy, exitCode: number): boolean {
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}

/** Runs a container, again and again as its policy says. */
export function superviseContainer(options: ContainerOptions): Container {
  const { context, spec, restartPolicy, changed } = options;
  const stopping = new AbortController();
  const started = Promise.withResolvers<void>();
  let status = firstStatus(options);
  let run: ContainerRun | undefined;
  let image: NodeImage | undefined;
  const set = (part: Partial<V1ContainerStatus>): void => {
    status = { ...status, ...part };
    if (status.started) started.resolve();
    changed();
  };
  const prepare = async (): Promise<PreparedContainer | undefined> => {
    const preparation = preparationOf(options, stopping.signal, (reason, message) =>
      set({ state: { waiting: { reason, message } } }),
    );
    if (!image || spec.imagePullPolicy === 'Always') image = await pullImage(preparation);
    return image && (await configure(preparation, image));
  };
  const runOnce = async (prepared: PreparedContainer): Promise<V1ContainerStateTerminated> => {
    const restartCount = nextRun(status);
    const log = options.logs.open(spec.name, restartCount);
    run = runContainer({ ...options, prepared, log, changed: set });
    const { containerID, startedAt } = run;
    const imageID = imageId(spec.image ?? '', prepared.image.digest);
    const lastState = lastTermination(status);
    if (run.hasStarted) context.events.record(options.pod(), 'Normal', 'Started', `Container started: ${spec.name}`);
    set({ containerID, imageID, restartCount, lastState, state: { running: { startedAt } } });
    const end = await run.ended;
    run = undefined;
    set({ state: { terminated: end }, ready: false, started: false });
    return end;
  };
  const live = async (): Promise<void> => {
    const crashes = backOff(context.tempo, stopping.signal, { firstIsFree: true });
    const { terminated } = status.state ?? {};
    if (terminated && !restartsAfter(restartPolicy, terminated.exitCode)) return;
    for (;;) {
      const begin = Date.now();
      const prepared = await prepare();
      if (!prepared || stopping.signal.aborted) return;
      const end = await runOnce(prepared);
      if (stopping.signal.aborted || !restartsAfter(restartPolicy, end.exitCode)) return;
      const ms = crashes.next(Date.now() - begin);
      if (ms === 0) continue;
      const message = crashMessage(options, ms);
      context.events.record(options.pod(), 'Warning', 'BackOff', message);
      set({ lastState: { terminated: end }, state: { waiting: { reason: 'CrashLoopBackOff', message } } });
      await crashes.wait(ms);
    }
  };
  const ended = live()
    .catch((error: Error) => set({ state: { waiting: { reason: 'RunContainerError', message: error.message } } }))
    .finally(() => started.resolve());
  return {
    status: () => status,
    ended,
    started: started.promise,
    stop: async (graceMs) => {
      stopping.abort();
      await run?.stop(graceMs);
      await ended;
    },
  };
}

function preparationOf(
  { context, pod, spec, address, volumes }: ContainerOptions,
  stop: AbortSignal,
  waiting: PreparationOptions['waiting'],
): PreparationOptions {
  return { context, pod: pod(), spec, address, volumes, stop, waiting };
}

/** Takes up a container where an earlier life of the node left it. */
function firstStatus({ spec, earlier }: ContainerOptions): V1ContainerStatus {
  const { name, image = '' } = spec;
  const fresh = { name, image, imageID: '', ready: false, started: false, restartCount: 0 };
  if (!earlier) return { ...fresh, state: { waiting: { reason: 'ContainerCreating' } } };
  const { running } = earlier.state ?? {};
  if (!running) return { ...earlier, ready: false, started: false };
  return { ...earlier, ready: false, started: false, state: { terminated: unknownEnd(running.startedAt) } };
}

/** Platform: what a kubelet says of a container that it cannot find any more. */
export function unknownEnd(startedAt?: Date): V1ContainerStateTerminated {
  const message = 'The container could not be located when the node was started again';
  return { exitCode: 137, reason: 'ContainerStatusUnknown', message, startedAt, finishedAt: new Date() };
}

/** Numbers the next run: the first one is 0. */
function nextRun({ containerID, restartCount }: V1ContainerStatus): number {
  return containerID === undefined ? 0 : restartCount + 1;
}

function lastTermination({ state, lastState }: V1ContainerStatus): V1ContainerStatus['lastState'] {
  return state?.terminated ? { terminated: state.terminated } : lastState;
}

function crashMessage({ spec, pod }: ContainerOptions, ms: number): string {
  const { name, namespace, uid } = pod().metadata ?? {};
  return `back-off ${goDuration(ms)} restarting failed container=${spec.name} pod=${name}_${namespace}(${uid})`;
}
