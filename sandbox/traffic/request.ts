const requestTimeoutMs = 10_000;

/** Sends one request of a user. */
export type Request = () => Promise<Response>;

/** Sends a request with the user agent of traffic, which tells it from those of our own gates. */
export const send = (
  url: URL,
  { headers, ...init }: RequestInit & { headers?: Record<string, string> } = {},
): Promise<Response> =>
  fetch(url, {
    ...init,
    headers: { 'content-type': 'application/json', 'user-agent': 'slipway-sandbox-traffic', ...headers },
    signal: AbortSignal.timeout(requestTimeoutMs),
  });

/** The last few things that were made, to be read back. */
export class Remembered {
  readonly #ids: string[] = [];
  readonly #most: number;

  constructor(most = 20) {
    this.#most = most;
  }

  add(id: string): void {
    this.#ids.push(id);
    if (this.#ids.length > this.#most) this.#ids.shift();
  }

  /** Picks one of them, another one each turn; undefined when there is none. */
  pick(turn: number): string | undefined {
    return this.#ids[turn % Math.max(this.#ids.length, 1)];
  }
}
