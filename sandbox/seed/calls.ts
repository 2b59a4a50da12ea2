import { setTimeout as sleep } from 'node:timers/promises';

/** Options of one call: a deadline, and no retries of the library's own, which would outlast it. */
export const callOptions = { timeout: 10_000, retry: null };

const notFound = 5;
const pollEveryMs = 100;
const maxWaitMs = 90_000;

/** Awaits a read; undefined when the resource does not exist. */
export const ifThere = async <T>(read: Promise<T>): Promise<T | undefined> => {
  try {
    return await read;
  } catch (error) {
    if ((error as { code?: number }).code === notFound) return undefined;
    throw error;
  }
};

/** Reads until `done`, which throws when it sees that it never will be. */
export const readUntil = async <T>(what: string, read: () => Promise<T>, done: (value: T) => boolean): Promise<T> => {
  const deadline = Date.now() + maxWaitMs;
  for (;;) {
    const value = await read();
    if (done(value)) return value;
    if (Date.now() > deadline) throw new Error(`${what} took longer than ${maxWaitMs / 1000} s`);
    await sleep(pollEveryMs);
  }
};
