import type { TargetEntry, TargetEntryOf, TargetKindName } from '../../contract/catalog/targets/index.ts';
import type { Marker } from '../../contract/fence.ts';
import type { Instances } from './instances.ts';
import type { SecretInUse, Target } from './target.ts';

export interface LogEntry {
  /** RFC 3339. */
  timestamp: string;
  severity: string;
  text: string;
  /** Single values of a structured line, by name; those of an object in it as `object.name`. Empty for a plain line. */
  fields: Record<string, string>;
  insertId: string;
  /** The revision whose instance wrote it; empty where the platform does not say. */
  revision: string;
}

export interface LogQuery {
  /** In the query language of the target's platform. */
  filter: string;
  /** From this moment on, and before that one (RFC 3339). */
  since: string;
  until: string | null;
  /** The oldest ones first, where there are more than the limit. */
  oldestFirst?: true;
}

export interface Logs<Entry extends TargetEntry = TargetEntry> {
  /** Reads at most `limit` entries of a target's platform: the newest first, unless the query says otherwise. */
  read(target: Entry, query: LogQuery, limit: number): Promise<LogEntry[]>;
  /** Says why the platform refuses a filter; null where it takes it, or does not answer before the signal. */
  refusalOf(target: Entry, filter: string, signal?: AbortSignal): Promise<string | null>;
}

export interface Secrets<Entry extends TargetEntry = TargetEntry> {
  /**
   * Reads the value of a secret's version; only the redaction keeps it longer than the call. Here, and for its state,
   * `latest` is the version that the target's own service reads, if it names one.
   */
  read(target: Entry, secret: string, version: string): Promise<string>;
  /** Says whether a version could be read, without reading it. */
  stateOf(target: Entry, secret: string, version: string): Promise<SecretState>;
  /**
   * Disables a version, so that nobody reads it any more; a person can enable it again. Safe to repeat. A platform that
   * keeps a log of its calls can tell from the marker which change did it.
   */
  disable(target: Entry, secret: string, version: string, marker?: Marker): Promise<void>;
  /**
   * Makes a token that proves the worker's account to whoever it is for: by default the target's own service. It is as
   * good as a secret for an hour.
   */
  identityToken(target: Entry, audience: string | undefined): Promise<string>;
}

/** Takes values into a secret store, on a person's machine and by their credentials. No worker has it. */
export interface SecretVersions<Entry extends TargetEntry = TargetEntry> {
  /** Lists the secrets that what serves now reads; empty if nothing serves. */
  inUse(target: Entry): Promise<SecretInUse[]>;
  /** Adds a version that nothing reads yet, and answers its number. */
  add(target: Entry, secret: string, value: Uint8Array): Promise<string>;
  close(): Promise<void>;
}

export type SecretState = 'enabled' | 'disabled' | 'destroyed' | 'missing';

/** Holds what one platform brings for its kind of target. */
export interface Platform<Entry extends TargetEntry = TargetEntry> {
  target: Target<Entry>;
  logs: Logs<Entry>;
  secrets: Secrets<Entry>;
  /** Null where no instance can be named and ended. */
  instances: Instances<Entry> | null;
}

export type Platforms = { [Kind in TargetKindName]: Platform<TargetEntryOf<Kind>> };

export interface PlatformPorts {
  targets: Record<TargetKindName, Target>;
  instances: Record<TargetKindName, Instances | null>;
  logs: Logs;
  secrets: Secrets;
}

/** Makes ports of all platforms: what concerns a target is asked of its own platform. */
export function combinePlatforms(platforms: Platforms): PlatformPorts {
  const platformOf = ({ kind }: TargetEntry): Platform => platforms[kind];
  const each = <T>(pick: (platform: Platform) => T) =>
    Object.fromEntries(Object.entries(platforms).map(([kind, platform]) => [kind, pick(platform)])) as Record<
      TargetKindName,
      T
    >;
  return {
    targets: each(({ target }) => target),
    instances: each(({ instances }) => instances),
    logs: {
      read: (target, query, limit) => platformOf(target).logs.read(target, query, limit),
      refusalOf: (target, filter, signal) => platformOf(target).logs.refusalOf(target, filter, signal),
    },
    secrets: {
      read: (target, secret, version) => platformOf(target).secrets.read(target, secret, version),
      stateOf: (target, secret, version) => platformOf(target).secrets.stateOf(target, secret, version),
      disable: (target, secret, version, marker) => platformOf(target).secrets.disable(target, secret, version, marker),
      identityToken: (target, audience) => platformOf(target).secrets.identityToken(target, audience),
    },
  };
}
