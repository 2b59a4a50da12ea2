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
