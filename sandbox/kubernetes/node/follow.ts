import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeConfig, KubernetesObject } from '@kubernetes/client-node';
import { Watch } from '@kubernetes/client-node';

export interface FollowOptions<T> {
  config: KubeConfig;
  /** The list's path, such as `/api/v1/pods`. */
  path: string;
  fieldSelector?: string;
  changed(object: T): void;
  removed(object: T): void;
  say(line: string): void;
}

export interface Follower<T> {
  /** Settles when the first list is complete. */
  synced: Promise<void>;
  /** All objects that exist, as they were last seen. */
  list(): T[];
  stop(): Promise<void>;
}

const firstPauseMs = 200;
const longestPauseMs = 5000;
/** Platform: the end of the list within a watch (WatchList, on by default from 1.34). */
const listEnd = 'k8s.io/initial-events-end';

/**
 * Follows a list: every stream begins with the whole list, so that no end of a watch loses an event. The objects are
 * raw JSON: their times are text.
 */
export function follow<T extends KubernetesObject>(options: FollowOptions<T>): Follower<T> {
  const known = new Map<string, T>();
  const stopped = new AbortController();
  const synced = Promise.withResolvers<void>();
  const keepFollowing = async (): Promise<void> => {
    let pauseMs = firstPauseMs;
    while (!stopped.signal.aborted) {
      const begin = Date.now();
      await stream(options, known, stopped.signal, synced.resolve).catch((error: Error) => {
        if (error.name !== 'TimeoutError') options.say(`watch of ${options.path} ended: ${error.message}`);
      });
      pauseMs = Date.now() - begin > longestPauseMs ? firstPauseMs : Math.min(2 * pauseMs, longestPauseMs);
      await sleep(pauseMs, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  };
  const following = keepFollowing();
  return {
    synced: synced.promise,
    list: () => [...known.values()],
    stop: async () => {
      stopped.abort();
      await following;
    },
  };
}

async function stream<T extends KubernetesObject>(
  { config, path, fieldSelector, changed, removed }: FollowOptions<T>,
  known: Map<string, T>,
  stop: AbortSignal,
  complete: () => void,
): Promise<void> {
  const seen = new Set<string>();
  const take = (phase: string, object: T): void => {
    if (phase === 'ERROR') return;
    if (phase === 'BOOKMARK') {
      if (object.metadata?.annotations?.[listEnd] !== 'true') return;
      for (const [uid, old] of known) if (!seen.has(uid)) drop(uid, old);
      complete();
      return;
    }
    const uid = object.metadata?.uid ?? '';
    if (phase === 'DELETED') return drop(uid, object);
    seen.add(uid);
    if (known.get(uid)?.metadata?.resourceVersion === object.metadata?.resourceVersion) return;
    known.set(uid, object);
    changed(object);
  };
  const drop = (uid: string, object: T): void => {
    if (known.delete(uid)) removed(object);
  };
  const query = { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: true };
  const ended = Promise.withResolvers<void>();
  const watching = await new Watch(config).watch(
    path,
    { ...query, timeoutSeconds: 600, fieldSelector },
    (phase, object) => take(phase, object as T),
    (error: Error | null | undefined) => (error ? ended.reject(error) : ended.resolve()),
  );
  const abort = (): void => watching.abort();
  stop.addEventListener('abort', abort);
  if (stop.aborted) abort();
  await ended.promise.finally(() => stop.removeEventListener('abort', abort));
}
