import type { TextStore } from '../ports/ledger.ts';
import { isFirstPart } from './names.ts';

/** Copies the first part of a ledger from where an earlier version kept it, as soon as somebody reads it. */
export function withFormerStore(store: TextStore, former: TextStore): TextStore {
  return {
    ...store,
    async read(name) {
      const text = await store.read(name);
      if (text !== null || !isFirstPart(name)) return text;
      const kept = await former.read(name);
      if (kept === null) return null;
      await store.create(name, kept);
      return store.read(name);
    },
  };
}
