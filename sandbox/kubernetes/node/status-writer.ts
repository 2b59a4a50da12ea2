import { isDeepStrictEqual } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Pod, V1PodStatus } from '@kubernetes/client-node';
import { ApiException, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import type { NodeContext } from './node-context.ts';

/** Writes one pod's status. */
export interface StatusWriter {
  put(status: V1PodStatus): void;
  /** Forgets what was written last, so that the same is written again. */
  forget(): void;
  /** Settles when the last status is written, or there is no pod any more. */
  flushed(): Promise<void>;
  /** Writes no more: the node goes, the pod stays. */
  close(): void;
}

const asMergePatch = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
/** Changes that come together are written together. */
const gatherMs = 20;
const retryMs = 1000;

/** Opens a writer. The pod's uid is a precondition: a later pod of the same name is not touched. */
export function openStatusWriter(context: NodeContext, pod: V1Pod): StatusWriter {
  const { name = '', namespace = '', uid } = pod.metadata ?? {};
  let next: V1PodStatus | undefined;
  let written: V1PodStatus | undefined;
  let isClosed = false;
  let writing: Promise<void> | undefined;
  const writeOnce = async (status: V1PodStatus): Promise<void> => {
    try {
      await context.core.patchNamespacedPodStatus(
        { name, namespace, body: { metadata: { uid }, status } },
        asMergePatch,
      );
      written = status;
    } catch (error) {
      if (error instanceof ApiException && [404, 409].includes(error.code)) isClosed = true;
      else {
        context.say(`cannot write the status of pod ${namespace}/${name}: ${(error as Error).message}`);
        next ??= status;
        await sleep(retryMs);
      }
    }
  };
  const write = async (): Promise<void> => {
    await sleep(gatherMs);
    while (next && !isClosed) {
      await context.online();
      const status = next;
      next = undefined;
      if (status && !isDeepStrictEqual(status, written)) await writeOnce(status);
    }
    writing = undefined;
  };
  return {
    put: (status) => {
      next = status;
      if (!isClosed) writing ??= write();
    },
    forget: () => {
      written = undefined;
    },
    flushed: async () => {
      while (writing) await writing;
    },
    close: () => {
      isClosed = true;
    },
  };
}
