import { get } from 'node:http';

/** Sends so many requests a second to a service, whatever they meet, until the answer is called. */
export function sendRequests(url: string, perSecond: number): () => Promise<void> {
  const stop = new AbortController();
  const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"owner": "a user"}' };
  const sent = new Set<Promise<unknown>>();
  const timer = setInterval(() => {
    const one = fetch(new URL('/internal/v1/runs', url), { ...request, signal: stop.signal })
      .then((response) => response.arrayBuffer())
      .catch(() => undefined);
    sent.add(one);
    void one.finally(() => sent.delete(one));
  }, 1000 / perSecond);
  return async () => {
    clearInterval(timer);
    stop.abort();
    await Promise.all(sent);
  };
}

/** Asks a service as users do, each on a connection of its own, and keeps what fails. */
export function watchUsers(
  url: string,
  pathName = '/readyz',
): { stop: () => Promise<{ served: number; failed: string[] }> } {
  const stop = new AbortController();
  const seen = { served: 0, failed: [] as string[] };
  const ask = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const answer = await statusOf(new URL(pathName, url));
      if (answer === 200) seen.served += 1;
      else seen.failed.push(String(answer));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const asking = Promise.all([ask(), ask()]);
  return {
    stop: async () => {
      stop.abort();
      await asking;
      return seen;
    },
  };
}

/** Answers the status of one request once its answer is complete, or why there is none. */
async function statusOf(url: URL): Promise<number | string> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: 10_000 }, (response) => {
      response.on('end', () => resolve(response.statusCode ?? 0)).on('error', (error) => resolve(error.message));
      response.resume();
    });
    request.on('error', (error) => resolve(error.message));
    request.on('timeout', () => request.destroy(new Error('no answer within 10 s')));
  });
}
