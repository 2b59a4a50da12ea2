/** Remembers keys for a while, and no more than so many. The oldest is forgotten first. */
export interface Memory {
  has(key: string): boolean;
  add(key: string): void;
}

export function createMemory({ forMs, maxKeys }: { forMs: number; maxKeys: number }): Memory {
  const until = new Map<string, number>();
  return {
    has: (key) => (until.get(key) ?? 0) > performance.now(),
    add: (key) => {
      until.delete(key);
      until.set(key, performance.now() + forMs);
      for (const oldest of until.keys()) {
        if (until.size <= maxKeys) break;
        until.delete(oldest);
      }
    },
  };
}
