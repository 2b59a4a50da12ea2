import { setTimeout as pause } from 'node:timers/promises';
import type { TargetEntry } from '../../contract/catalog/targets/index.ts';
import type { Ports } from '../ports/index.ts';
import type { WorkerSecrets } from '../ports/notifications.ts';
import type { Secrets } from '../ports/platform.ts';
import type { ActivityRedaction } from './activity-redaction.ts';
import { namedIn, type NamedSecret, type PlaceName } from './named-secrets.ts';
import type { SecretMemory } from './secret-memory.ts';

/** A secret store that does not answer holds an activity up for so long at most, a restore least of all. */
const readWithinMs = 2_000;
/** `latest` may be another version after this time. */
const rereadAfterMs = 5 * 60_000;
/** What could not be read is tried again after this time; the catalog may have changed by then. */
const retryAfterMs = 60_000;

interface KnownPorts {
  catalog: Pick<Ports['catalog'], 'resolve'>;
  secrets: Pick<Secrets, 'read'>;
  workerSecrets: WorkerSecrets;
}

interface Reading {
  until: number;
  done: Promise<unknown>;
}

/**
 * Reads the secrets that activities are told of, some minutes apart, so that none of them leaves the worker (invariant
 * I9). A store that is away stops nobody (invariant I6); the worker's log says what could not be read.
 */
export class KnownSecrets {
  private readonly readings = new Map<string, Reading>();
  private readonly entries = new Map<string, { until: number; entry: Promise<unknown> }>();
  private readonly warned = new Set<string>();
  private readonly memory: SecretMemory;
  private readonly ports: KnownPorts;
  private readonly warn: (text: string) => void;

  constructor(memory: SecretMemory, ports: KnownPorts, warn: (text: string) => void) {
    this.memory = memory;
    this.ports = ports;
    this.warn = warn;
  }

  /** Makes the redaction of an activity from what its arguments name. */
  async of(args: readonly unknown[]): Promise<ActivityRedaction> {
    const named = namedIn(args);
    // What names a place and has no entry of it could be told its secrets all the same.
    const entries = named.places.length > 0 ? [] : await Promise.all(named.names.map((name) => this.resolve(name)));
    const { places, variables } = entries.length > 0 ? namedIn([args, entries]) : named;
    for (const variable of variables) this.memory.keepOwn(this.ports.workerSecrets.read(variable) ?? '');
    for (const { target, entry } of places) if (entry !== null) this.memory.describe(target, entry);
    await Promise.all(places.flatMap(({ target, secrets }) => secrets.map((secret) => this.read(target, secret))));
    return this.memory.redactionFor(places.map(({ target }) => target));
  }

  /** A catalog that cannot be read, or does not know the place, stops nobody. */
  private resolve({ service, environment }: PlaceName): Promise<unknown> {
    const key = `${service}/${environment}`;
    const resolved = this.entries.get(key);
    if (resolved && resolved.until > Date.now()) return resolved.entry;
    const entry = this.ports.catalog.resolve(service, environment).catch(() => null);
    this.entries.set(key, { until: Date.now() + retryAfterMs, entry });
    return entry;
  }

  private read(target: TargetEntry, named: NamedSecret): Promise<unknown> {
    const key = JSON.stringify([target, named]);
    const reading = this.readings.get(key);
    if (reading && reading.until > Date.now()) return reading.done;
    const next: Reading = { until: Date.now() + rereadAfterMs, done: Promise.resolve() };
    const failed = (reason: string): void => {
      next.until = Date.now() + retryAfterMs;
      this.warnOnce(`secret ${named.secret} cannot be read`, `so it cannot be recognized in texts: ${reason}`);
    };
    const read = this.ports.secrets.read(target, named.secret, named.version).then(
      (value) => this.keep(target, named, value),
      (error: unknown) => failed(error instanceof Error ? error.message : String(error)),
    );
    const late = pause(readWithinMs, 'late', { ref: false });
    next.done = Promise.race([read, late]).then((end) => {
      if (end === 'late') failed(`no answer within ${readWithinMs / 1000} s`);
    });
    this.readings.set(key, next);
    return next.done;
  }

  private keep(target: TargetEntry, { secret }: NamedSecret, value: string): void {
    this.memory.keep(target, value);
    if (this.memory.isHidden(target, value)) return;
    this.warnOnce(
      `secret ${secret} is short, an ordinary word, or stands in the catalog`,
      'so it is not hidden in every text: give it a value of 16 or more random characters',
    );
  }

  private warnOnce(what: string, more: string): void {
    if (this.warned.has(what)) return;
    this.warned.add(what);
    this.warn(`${what}, ${more}`);
  }
}
