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

/** Asks a service as a user does, one request after the other, and keeps what fails. */
export function watchUsers(
  url: string,
  pathName = '/readyz',
): { stop: () => Promise<{ served: number; failed: string[] }> } {
  const stop = new AbortController();
  const seen = { served: 0, failed: [] as string[] };
  const ask = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const answer = await fetch(new URL(pathName, url), { signal: AbortSignal.timeout(10_000) }).catch(String);
      if (typeof answer === 'string' || !answer.ok) seen.failed.push(describe(answer));
      else seen.served += 1;
      if (typeof answer !== 'string') await answer.arrayBuffer().catch(() => undefined);
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

function describe(answer: string | Response): string {
  return typeof answer === 'string' ? answer : `answered ${answer.status}`;
}
