import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KubernetesClient } from '../../activities/kubernetes/client.ts';
import type { Manifest } from '../../activities/kubernetes/manifests/manifest.ts';
import { followUntil, type Selection } from '../../activities/kubernetes/rollout/watch.ts';
import { eventually } from '../until.ts';
import { answer, FakeApiServer, status } from './fake-api-server.ts';

const limits = { silenceMs: 60_000, firstPauseMs: 5, maxPauseMs: 20 };
const path = '/api/v1/namespaces/shop/pods';
const pods: Selection = { apiVersion: 'v1', kind: 'Pod', path, labels: 'app=web' };

/** What the server has, and the streams that are open; a test says what happens to each. */
let server: FakeApiServer;
let client: KubernetesClient;
let given: AbortController;
let version: number;
let names: string[];
let streams: ServerResponse[];
beforeEach(async () => {
  server = new FakeApiServer();
  await server.start();
  client = server.client();
  given = new AbortController();
  [version, names, streams] = [1, [], []];
  server.handler = serve;
});
afterEach(async () => {
  given.abort();
  client.connection.close();
  await server.stop();
});

function serve(request: { url?: string }, response: ServerResponse): void {
  if (isWatch(request)) open(response);
  else list(response);
}

const isWatch = ({ url = '' }: { url?: string }) => url.includes('watch=true');

function list(response: ServerResponse): void {
  const items = names.map((name) => object(name));
  answer(response, 200, { metadata: { resourceVersion: String(version) }, items });
}

function open(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  streams.push(response);
}

function refuse(_request: unknown, response: ServerResponse): void {
  response.setHeader('connection', 'close');
  answer(response, 503, status(503, 'ServiceUnavailable', 'not now'));
}

const object = (name: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, resourceVersion: String(version) },
});
const line = (type: string, name: string) => `${JSON.stringify({ type, object: object(name) })}\n`;

/** Changes what the server has. */
function create(name: string): void {
  version += 1;
  names.push(name);
}

/** Answers the stream that was opened last, when so many were. */
const stream = (count = 1) =>
  eventually(`stream ${count}`, () => Promise.resolve(streams.length >= count && streams.at(-1)), 5_000, 2);

/** Follows until a pod of that name is there; answers all names then. */
function follow(name: string, more = limits): Promise<string[]> {
  const caller = { client, signal: given.signal };
  return followUntil(
    caller,
    { pods },
    ({ pods: found }) => {
      const all = found.map(({ metadata }) => metadata.name);
      return Promise.resolve(all.includes(name) ? all : undefined);
    },
    more,
  );
}
const requestsOf = (kind: 'list' | 'watch') =>
  server.requests.filter((request) => request.includes('watch=true') === (kind === 'watch'));

describe('following objects', () => {
  it('looks at once when an event comes, and asks for nothing more', async () => {
    create('a');
    const found = follow('b');
    const open = await stream();
    create('b');
    const sentAt = performance.now();
    open.write(line('ADDED', 'b'));
    expect(await found).toEqual(['a', 'b']);
    expect(performance.now() - sentAt).toBeLessThan(100);
    expect(server.requests).toEqual([
      `GET ${path}?labelSelector=app%3Dweb`,
      `GET ${path}?labelSelector=app%3Dweb&watch=true&allowWatchBookmarks=true&resourceVersion=2`,
    ]);
  });

  it('looks only when all collections are listed', async () => {
    const looks: number[][] = [];
    const done = followUntil(
      { client, signal: given.signal },
      { pods, others: { ...pods, path: '/late' } },
      ({ pods: found, others }) => {
        looks.push([found.length, others.length]);
        return Promise.resolve(true);
      },
      limits,
    );
    let late: ServerResponse | undefined;
    server.handler = (request, response) => {
      if (request.url?.startsWith('/late') && !isWatch(request)) late = response;
      else serve(request, response);
    };
    await stream();
    create('a');
    list(await eventually('the late list', () => Promise.resolve(late)));
    await done;
    expect(looks).toEqual([[0, 1]]);
  });

  it('forgets what is deleted', async () => {
    create('a');
    const found = follow('b');
    const open = await stream();
    open.write(line('DELETED', 'a') + line('ADDED', 'b'));
    expect(await found).toEqual(['b']);
  });

  it('goes on where a stream ended, without a list', async () => {
    const found = follow('b');
    (await stream()).end(line('BOOKMARK', '').replace('"resourceVersion":"1"', '"resourceVersion":"9"'));
    (await stream(2)).write(line('ADDED', 'b'));
    await found;
    expect(requestsOf('list')).toHaveLength(1);
    expect(requestsOf('watch').at(-1)).toContain('resourceVersion=9');
  });

  const ends: [string, (open: ServerResponse) => void][] = [
    ['tells by an event that its version is too old', (open) => open.write(tooOld)],
    ['is closed in the middle of a line', (open) => open.end('{"type":"ADDED","obj')],
    ['is torn in the middle of a line', (open) => void open.write('{"type":"AD', () => open.destroy())],
    ['is torn at once', (open) => open.destroy()],
    ['says what nobody understands', (open) => open.write('<html>Bad gateway</html>\n')],
    ['says JSON that is no event', (open) => open.write('null\n{"type":"ADDED"}\n')],
  ];
  const tooOld = `${JSON.stringify({ type: 'ERROR', object: status(410, 'Expired', 'too old resource version') })}\n`;
  it.each(ends)('lists again when a stream %s', async (_what, end) => {
    const found = follow('b');
    const first = await stream();
    create('b');
    end(first);
    expect(await found).toEqual(['b']);
    expect(requestsOf('list')).toHaveLength(2);
  });

  it('lists again when a stream says nothing for too long (kubernetes-client/javascript#596)', async () => {
    const found = follow('b', { ...limits, silenceMs: 60 });
    await stream();
    create('b');
    expect(await found).toEqual(['b']);
    expect(requestsOf('list')).toHaveLength(2);
  });

  it('takes bookmarks for a sign of life', async () => {
    const found = follow('b', { ...limits, silenceMs: 400 });
    const open = await stream();
    const startedAt = performance.now();
    const beats = setInterval(() => open.write(line('BOOKMARK', '')), 40);
    await eventually('beats beyond the limit', () => Promise.resolve(performance.now() - startedAt > 900));
    clearInterval(beats);
    open.write(line('ADDED', 'b'));
    await found;
    expect(server.requests).toHaveLength(2);
  });

  it.each([
    ['list', 410, 'Expired'],
    ['watch', 410, 'Expired'],
    ['list', 429, 'TooManyRequests'],
    ['watch', 503, 'ServiceUnavailable'],
    ['list', 500, 'InternalError'],
  ] as const)('asks again when a %s is answered by %s', async (kind, code, reason) => {
    let refusals = 3;
    server.handler = (request, response) => {
      if (isWatch(request) !== (kind === 'watch') || refusals === 0) return serve(request, response);
      refusals -= 1;
      if (refusals === 0) create('b');
      answer(response, code, status(code, reason, 'not now'));
    };
    expect(await follow('b')).toEqual(['b']);
  });

  it('does not take a strange answer for an empty list', async () => {
    const strange = ['{}', '<html>', '[]'];
    server.handler = (request, response) => {
      const next = isWatch(request) ? undefined : strange.shift();
      if (next === undefined) serve(request, response);
      else answer(response, 200, next);
    };
    const looks: number[] = [];
    create('a');
    await followUntil(
      { client, signal: given.signal },
      { pods },
      ({ pods: found }) => {
        looks.push(found.length);
        return Promise.resolve(true);
      },
      limits,
    );
    expect(looks).toEqual([1]);
  });

  it('goes on when the server was away for a moment', async () => {
    const found = follow('b');
    await stream();
    await server.stop();
    await expect(fetch(client.connection.server)).rejects.toThrow();
    create('b');
    await server.start();
    expect(await found).toEqual(['b']);
  });

  it('pauses longer and longer where each stream ends at once (kubernetes-client/javascript#1933)', async () => {
    server.handler = (request, response) => (isWatch(request) ? response.end() : list(response));
    const slow = { ...limits, firstPauseMs: 40, maxPauseMs: 10_000 };
    const found = follow('b', slow).catch(() => undefined);
    await eventually('four lists', () => Promise.resolve(requestsOf('list').length >= 4), 5_000, 2);
    const startedAt = performance.now();
    await eventually('five lists', () => Promise.resolve(requestsOf('list').length >= 5), 5_000, 2);
    // The fourth pause is 320 ms, or half of it.
    expect(performance.now() - startedAt).toBeGreaterThan(120);
    given.abort();
    await found;
  });

  it.each(['list', 'watch'] as const)('throws at once when a %s is not allowed', async (kind) => {
    server.handler = (request, response) => {
      if (isWatch(request) !== (kind === 'watch')) return serve(request, response);
      answer(response, 403, status(403, 'Forbidden', 'pods is forbidden'));
    };
    await expect(follow('b')).rejects.toMatchObject({ status: 403, message: `${kind} Pod: pods is forbidden` });
    expect(requestsOf(kind)).toHaveLength(1);
  });

  it('passes on what a look throws, and leaves no socket', async () => {
    const looking = followUntil(
      { client, signal: given.signal },
      { pods },
      ({ pods: found }) => (found.length > 0 ? Promise.reject(new Error('seen')) : Promise.resolve(undefined)),
      limits,
    );
    const open = await stream();
    open.write(line('ADDED', 'b'));
    await expect(looking).rejects.toThrow('seen');
    await noSocket();
  });

  it.each([
    ['a stream', serve],
    ['a list', () => undefined],
    ['a pause', refuse],
  ])(
    'ends in the middle of %s with the reason of whoever gives it up, and leaves no socket',
    async (_what, handler) => {
      server.handler = handler;
      const found = follow('b', { ...limits, firstPauseMs: 5_000, maxPauseMs: 5_000 });
      await eventually('a request', () => Promise.resolve(server.requests.length > 0));
      if (handler === serve) await stream();
      given.abort(new Error('cancelled'));
      await expect(found).rejects.toThrow('cancelled');
      const sent = server.requests.length;
      client.connection.close();
      await noSocket();
      expect(server.requests).toHaveLength(sent);
    },
  );

  const noSocket = () => eventually('no open socket', () => Promise.resolve(server.openSockets === 0));
});
