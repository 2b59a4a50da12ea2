import { afterAll, beforeAll } from 'vitest';

/**
 * Opens something before the first test of a file and closes it after the last. What it answers can be used inside of
 * tests and hooks: each use goes to what was opened.
 */
export function openedForFile<T extends object>(
  open: () => Promise<T>,
  close: (opened: T) => Promise<void>,
  timeoutMs = 180_000,
): T {
  let opened: T | undefined;
  beforeAll(async () => {
    opened = await open();
  }, timeoutMs);
  afterAll(async () => {
    if (opened) await close(opened);
  }, timeoutMs);
  return new Proxy({} as T, {
    get: (_target, name) => {
      if (!opened) throw new Error(`${String(name)} is used before the first test of the file has begun`);
      const member: unknown = Reflect.get(opened, name, opened);
      return typeof member === 'function' ? (member.bind(opened) as unknown) : member;
    },
  });
}
