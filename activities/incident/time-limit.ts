/** Says that nothing answered in time. */
export class Silence extends Error {
  override readonly name = 'Silence';

  constructor(limitMs: number) {
    super(`did not answer within ${limitMs / 1000} s`);
  }
}

/**
 * Works until the limit and throws Silence after it, also if the work does not listen to its signal. A cancellation of
 * the whole goes through.
 */
export async function withTimeLimit<T>(
  limitMs: number,
  whole: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  whole.throwIfAborted();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const controller = new AbortController();
  const end = (reason: unknown) => {
    reject(reason);
    controller.abort(reason);
  };
  const cancel = () => end(whole.reason);
  const timer = setTimeout(() => end(new Silence(limitMs)), limitMs);
  whole.addEventListener('abort', cancel, { once: true });
  try {
    const running = work(controller.signal);
    // What fails after the limit was given up already.
    running.catch(() => undefined);
    return await Promise.race([running, ended]);
  } finally {
    clearTimeout(timer);
    whole.removeEventListener('abort', cancel);
  }
}
