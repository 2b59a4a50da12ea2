import type { IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { CallError } from '../call-error.ts';
import { openStream, send, type Caller } from '../call.ts';
import { NoAnswer } from '../connection.ts';
import { isPassing } from '../failure.ts';
import type { Manifest } from '../manifests/manifest.ts';

/** A collection of objects, or a part of it. */
export interface Selection {
  apiVersion: string;
  kind: string;
  /** Path of the collection below the server, such as `/api/v1/namespaces/runtime/pods`. */
  path: string;
  labels?: string;
  name?: string;
}

export interface WatchLimits {
  /** A stream that says nothing for so long is given up, and the collection listed again. */
  silenceMs: number;
  firstPauseMs: number;
  maxPauseMs: number;
}

const usualPauses = { firstPauseMs: 100, maxPauseMs: 5_000 };

interface Event {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: Manifest & { code?: number };
}

/**
 * Follows collections until `look` answers something other than undefined, and answers it. `look` sees all objects as
 * they are, first when all are listed, then after each change. A stream that ends, goes silent, or is too old is opened
 * again; what cannot pass is thrown.
 */
export async function followUntil<Names extends string, Answer>(
  caller: Caller & { signal: AbortSignal },
  selections: Record<Names, Selection>,
  look: (objects: Record<Names, Manifest[]>) => Promise<Answer | undefined>,
  limits: WatchLimits = { ...usualPauses, silenceMs: caller.client.watchSilenceMs },
): Promise<Answer> {
  const names = Object.keys(selections) as Names[];
  const ended = new AbortController();
  const signal = AbortSignal.any([caller.signal, ended.signal]);
  const caches = names.map((name) => new Cache({ ...caller, signal }, selections[name], limits));
  const changes = new Changes();
  const following = Promise.all(caches.map((cache) => cache.keep(() => changes.notify())));
  following.catch(() => undefined);
  try {
    for (;;) {
      await Promise.race([changes.next(), following]);
      caller.signal.throwIfAborted();
      if (caches.some((cache) => cache.objects === null)) continue;
      const objects = Object.fromEntries(names.map((name, index) => [name, caches[index]?.objects ?? []]));
      const answer = await look(objects as Record<Names, Manifest[]>);
      if (answer !== undefined) return answer;
    }
  } finally {
    ended.abort();
  }
}

/** Tells that something has changed, also while nobody listens. */
class Changes {
  private isPending = false;
  private wake: () => void = () => undefined;

  notify(): void {
    this.isPending = true;
    this.wake();
  }

  async next(): Promise<void> {
    if (!this.isPending)
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    this.isPending = false;
  }
}

/** Keeps the objects of one collection as the server has them. */
class Cache {
  private readonly byName = new Map<string, Manifest>();
  private version = '';
  private isListed = false;
  private readonly caller: Caller & { signal: AbortSignal };
  private readonly selection: Selection;
  private readonly limits: WatchLimits;

  constructor(caller: Caller & { signal: AbortSignal }, selection: Selection, limits: WatchLimits) {
    this.caller = caller;
    this.selection = selection;
    this.limits = limits;
  }

  /** The objects; null before the first list. */
  get objects(): Manifest[] | null {
    return this.isListed ? [...this.byName.values()] : null;
  }

  /** Lists and watches until the caller's signal ends it. Throws what asking again cannot mend. */
  async keep(notify: () => void): Promise<void> {
    const { signal } = this.caller;
    for (let failures = 0; !signal.aborted;) {
      try {
        await this.list(notify);
        while (await this.watch(notify)) failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (!isPassing(error)) throw error;
        if (error instanceof CallError && error.retryAfterMs !== undefined) await this.sleep(error.retryAfterMs);
      }
      // Also where the list is answered and each stream ends at once: that would be a storm.
      failures += 1;
      await this.sleep(this.pauseAfter(failures));
    }
  }

  /** Waits, or less where the caller gives up. */
  private async sleep(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.caller.signal }).catch(() => undefined);
  }

  private async list(notify: () => void): Promise<void> {
    const { kind, apiVersion } = this.selection;
    const doing = `list ${kind}`;
    const found = await send<{ metadata?: { resourceVersion?: string }; items?: Manifest[] | null }>(
      this.caller,
      doing,
      {
        method: 'GET',
        path: `${this.selection.path}?${this.query().toString()}`,
      },
    );
    const { resourceVersion } = found.metadata ?? {};
    // What somebody in between has answered is no empty list.
    if (!resourceVersion) throw CallError.ofSilence(doing, new NoAnswer(new Error('the answer is no list')));
    this.byName.clear();
    for (const item of found.items ?? []) this.byName.set(item.metadata.name, { ...item, kind, apiVersion });
    this.version = resourceVersion;
    this.isListed = true;
    notify();
  }

  /** Reads one stream to its end; answers whether the next one can go on where it ended. */
  private async watch(notify: () => void): Promise<boolean> {
    const silence = new AbortController();
    const timer = setTimeout(() => silence.abort(), this.limits.silenceMs);
    const signal = AbortSignal.any([this.caller.signal, silence.signal]);
    let isSound = false;
    try {
      const stream = await openStream({ ...this.caller, signal }, `watch ${this.selection.kind}`, this.watchPath());
      for await (const line of linesOf(stream)) {
        timer.refresh();
        const event = parseEvent(line);
        if (!event || event.type === 'ERROR') return false;
        this.take(event);
        isSound = true;
        if (event.type !== 'BOOKMARK') notify();
      }
      return isSound;
    } catch (error) {
      if (silence.signal.aborted && !this.caller.signal.aborted) return false;
      throw error;
    } finally {
      clearTimeout(timer);
      silence.abort();
    }
  }

  private take({ type, object }: Event): void {
    this.version = object.metadata.resourceVersion ?? this.version;
    if (type === 'DELETED') this.byName.delete(object.metadata.name);
    else if (type !== 'BOOKMARK') this.byName.set(object.metadata.name, object);
  }

  private watchPath(): string {
    const query = this.query();
    query.set('watch', 'true');
    query.set('allowWatchBookmarks', 'true');
    query.set('resourceVersion', this.version);
    return `${this.selection.path}?${query.toString()}`;
  }

  private query(): URLSearchParams {
    const { labels, name } = this.selection;
    return new URLSearchParams({
      ...(labels !== undefined && { labelSelector: labels }),
      ...(name !== undefined && { fieldSelector: `metadata.name=${name}` }),
    });
  }

  /** Longer after each failure, and not in step with others. */
  private pauseAfter(failures: number): number {
    const { firstPauseMs, maxPauseMs } = this.limits;
    return Math.min(firstPauseMs * 2 ** (failures - 1), maxPauseMs) * (0.5 + Math.random() / 2);
  }
}

/**
 * Reads whole lines until the stream ends, however it does. Not by readline: it leaves a stream that is given up
 * without a listener, and its error then ends the process.
 */
async function* linesOf(stream: IncomingMessage): AsyncGenerator<string> {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('error', () => undefined);
  try {
    for await (const chunk of stream) {
      const lines = `${rest}${chunk as string}`.split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } catch {
    // A stream that was torn has ended, too.
  }
}

function parseEvent(line: string): Event | undefined {
  try {
    const parsed = JSON.parse(line) as Event;
    return parsed.type === 'ERROR' || parsed.object?.metadata ? parsed : undefined;
  } catch {
    return undefined;
  }
}
