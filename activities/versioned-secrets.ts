import type { TargetEntry } from '../contract/catalog/targets/index.ts';
import type { Marker } from '../contract/fence.ts';
import type { Secrets, SecretState } from './ports/platform.ts';

/** How one platform keeps the versions of secrets. `Context` is what its calls need of a target. */
export interface VersionStore<Entry extends TargetEntry, Context> {
  /** Opens a target; the marker is that of the change that writes. */
  open(target: Entry, marker?: Marker): Context;
  /** Answers the version that the target's own service reads; the newest one where it reads none by its number. */
  versionInUse(context: Context, secret: string): Promise<string>;
  valueOf(context: Context, secret: string, version: string): Promise<string>;
  stateOf(context: Context, secret: string, version: string): Promise<SecretState>;
  disable(context: Context, secret: string, version: string): Promise<void>;
  /** Classifies the errors of a platform's calls. */
  classified<T>(work: () => Promise<T>): Promise<T>;
}

/** Makes the port of a store. Who looks at `latest` looks at the version that the service reads (ADR 0034). */
export function versionedSecrets<Entry extends TargetEntry, Context>(
  store: VersionStore<Entry, Context>,
): Omit<Secrets<Entry>, 'identityToken'> {
  const ask =
    <T>(look: (context: Context, secret: string, version: string) => Promise<T>) =>
    (target: Entry, secret: string, version: string): Promise<T> =>
      store.classified(async () => {
        const context = store.open(target);
        return look(context, secret, version === 'latest' ? await store.versionInUse(context, secret) : version);
      });
  return {
    read: ask(store.valueOf),
    stateOf: ask(store.stateOf),
    disable: (target, secret, version, marker) =>
      store.classified(() => store.disable(store.open(target, marker), secret, version)),
  };
}
