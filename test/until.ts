/**
 * Looks again and again until there is something, and answers it. The only polling loop of the tests: a test that
 * waits asks for a state, never for time to pass.
 */
export async function eventually<T>(
  what: string | (() => string),
  look: () => Promise<T | undefined | false>,
  timeoutMs = 30_000,
  everyMs = 40,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline)
      throw new Error(`${typeof what === 'string' ? what : what()}: not within ${timeoutMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
