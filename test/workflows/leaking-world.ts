import { ApplicationFailure } from '@temporalio/common';
import type { Ports } from '../../activities/ports/index.ts';
import { everyEvent } from '../../contract/notification.ts';
import { canaryOf, sayingsOf } from '../end-to-end/canary.ts';
import { secretOf } from './fake-platform.ts';
import { World } from './world.ts';

const password = canaryOf('password');
const signature = 'SLIPWAY_SECRET_SIGNATURE';

/** Values of the platform's secrets, by name and version. */
const values: Record<string, string> = {
  'database-url/latest': `postgres://app:${encodeURIComponent(password)}@db.example/app`,
  'signing-key/3': canaryOf('signing-key'),
  'api-key/latest': canaryOf('api-key'),
  'bot-token/latest': canaryOf('bot-token'),
};
/** Values before and after a rotation, which only a rotation names. */
const rotated: Record<string, string> = {
  [`${secretOf('DATABASE_URL')}/1`]: canaryOf('old-version'),
  [`${secretOf('DATABASE_URL')}/2`]: canaryOf('new-version'),
};
const variables: Record<string, string> = { [signature]: canaryOf('signature') };

/** The secrets of the worker itself, those that every run could say, and all. */
export const ownCanaries = Object.values(variables);
const known = [...Object.values(values), ...ownCanaries, password];
export const canaries = [...known, ...Object.values(rotated)];

/** Settings that name the secrets: of the service, of its gates, and of whom is told. */
export const secretSettings = {
  secrets: {
    DATABASE_URL: { secret: 'database-url', version: 'latest' },
    SIGNING_KEY: { secret: 'signing-key', version: '3' },
  },
  notifications: {
    oncall: { kind: 'slack', token: { secret: 'bot-token' }, channel: 'C0123456789', events: [...everyEvent] },
    hook: {
      kind: 'webhook',
      url: 'https://hook.example.com',
      signature: { variable: signature },
      events: [...everyEvent],
    },
  },
};

/** Ports of ours, through which nobody else speaks. */
const own: ReadonlySet<string> = new Set(['catalog', 'connection', 'environments', 'runs', 'secrets', 'workerSecrets']);
/** Fields of an answer that have text of others. */
const texts: ReadonlySet<string> = new Set([
  ...['subject', 'author', 'text', 'reason', 'why', 'summary', 'output', 'missed', 'lines', 'problems', 'contested'],
]);
/** Methods that answer lines of text. */
const listing: ReadonlySet<string> = new Set(['pendingWork', 'settingsDrift', 'secretReaders']);

/**
 * A world in which everybody repeats secrets: each port first in a failure, then while it works, then in the texts that
 * it answers. Each saying is another secret in another encoding.
 */
export class LeakingWorld extends World {
  private sayings: string[];
  private said = 0;
  /** Methods that have failed once. */
  private readonly failed = new Set<string>();
  /** Methods that fail for good. */
  readonly broken = new Set<string>();

  constructor(settings: object = {}, said: readonly string[] = known) {
    super({ ...secretSettings, ...settings } as unknown as ConstructorParameters<typeof World>[0]);
    this.sayings = said.flatMap(sayingsOf);
    this.says = () => this.saying();
  }

  /** The next secret in the next encoding, in a sentence. */
  saying(): string {
    this.said += 1;
    return `refused ${this.sayings[(this.said * 7) % this.sayings.length] ?? ''} today`;
  }

  override ports(...given: Parameters<World['ports']>): Ports {
    const ports = super.ports(...given);
    const leaking = Object.entries(ports).map(([name, port]) => [
      name,
      own.has(name) ? port : this.leaking(name, port),
    ]);
    return {
      ...(Object.fromEntries(leaking) as Ports),
      secrets: {
        ...ports.secrets,
        read: async (_target, secret, version) => ({ ...values, ...rotated })[`${secret}/${version}`] ?? '',
      },
      workerSecrets: { read: (variable) => variables[variable] ?? null },
    };
  }

  private leaking<Port extends object>(name: string, port: Port): Port {
    return new Proxy(port, {
      get: (whole, method, receiver) => {
        const value: unknown = Reflect.get(whole, method, receiver);
        const called = `${name}.${String(method)}`;
        if (typeof value === 'object' && value !== null) return this.leaking(called, value);
        if (typeof value !== 'function' || ['isKnown', 'pageOf'].includes(String(method))) return value;
        return async (...args: unknown[]): Promise<unknown> => {
          // Nobody has heard of the versions of a rotation before it is planned.
          if (method === 'stageSecrets') this.sayings = canaries.flatMap(sayingsOf);
          if (this.broken.has(called)) throw ApplicationFailure.nonRetryable(this.saying(), 'GateFailed');
          if (!this.failed.has(called)) {
            this.failed.add(called);
            throw new Error(this.saying(), { cause: new Error(this.saying()) });
          }
          (args.at(-1) as { progress?: (detail: object) => void } | undefined)?.progress?.({ says: this.saying() });
          const answer: unknown = await Reflect.apply(value, whole, args);
          if (listing.has(String(method))) return [...(answer as string[]), this.saying()];
          return name === 'evidence' ? answer : this.mixed(answer, '');
        };
      },
    });
  }

  private mixed(value: unknown, field: string): unknown {
    if (Array.isArray(value)) {
      const all = value.map((one) => (typeof one === 'string' ? one : this.mixed(one, field)));
      return texts.has(field) && all.every((one) => typeof one === 'string') ? [...all, this.saying()] : all;
    }
    if (typeof value === 'string') return texts.has(field) ? `${value} ${this.saying()}` : value;
    if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, this.mixed(inner, name)]));
  }
}
