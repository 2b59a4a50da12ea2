import type { UndeliverableAlert } from './sort-alerts.ts';

/** An alert that was not delivered, as `GET /healthz` shows it. */
export interface SeenUndeliverable extends UndeliverableAlert {
  count: number;
  first: string;
  last: string;
}

/** What the receiver has done since it started. */
export interface Health {
  since: string;
  /** Answers by their HTTP status. */
  answers: Record<string, number>;
  /** Requests that broke off before their end. */
  brokenOff: number;
  /** Alerts that were stored, by status; a repeat counts again. */
  alerts: { firing: number; resolved: number };
  /** Messages to incidents that Temporal has stored. */
  deliveries: number;
  lastDelivery: string | null;
  /** Incidents with alerts under way. */
  underWay: number;
  /** Null while the last delivery succeeded, or before the first. */
  problem: { what: string; since: string; last: string } | null;
  undeliverable: { count: number; kinds: SeenUndeliverable[] };
}

/** The most kinds of undeliverable alerts that are kept; the one that was not seen for longest goes first. */
const maxKinds = 100;

export interface Counts {
  answered(status: number): void;
  brokeOff(): void;
  delivered(alerts: { firing: number; resolved: number }): void;
  failed(what: string): void;
  /** Answers true if no such alert was seen before. */
  undeliverable(alert: UndeliverableAlert): boolean;
  health(underWay: number): Health;
}

export function createCounts(): Counts {
  const health: Omit<Health, 'underWay' | 'undeliverable'> = {
    since: now(),
    answers: {},
    brokenOff: 0,
    alerts: { firing: 0, resolved: 0 },
    deliveries: 0,
    lastDelivery: null,
    problem: null,
  };
  const kinds = createKinds();
  return {
    answered: (status) => {
      health.answers[status] = (health.answers[status] ?? 0) + 1;
    },
    brokeOff: () => {
      health.brokenOff += 1;
    },
    delivered: ({ firing, resolved }) => {
      health.alerts.firing += firing;
      health.alerts.resolved += resolved;
      health.deliveries += 1;
      health.lastDelivery = now();
      health.problem = null;
    },
    failed: (what) => {
      health.problem = { what, since: health.problem?.since ?? now(), last: now() };
    },
    undeliverable: (alert) => kinds.add(alert),
    health: (underWay) => ({ ...health, underWay, undeliverable: kinds.seen() }),
  };
}

function createKinds(): { add(alert: UndeliverableAlert): boolean; seen(): Health['undeliverable'] } {
  const kinds = new Map<string, SeenUndeliverable>();
  let count = 0;
  return {
    add: (alert) => {
      count += 1;
      const key = `${alert.alert} ${alert.why}`;
      const before = kinds.get(key);
      kinds.delete(key);
      kinds.set(key, { ...alert, count: (before?.count ?? 0) + 1, first: before?.first ?? now(), last: now() });
      const [oldest] = kinds.keys();
      if (kinds.size > maxKinds && oldest !== undefined) kinds.delete(oldest);
      return before === undefined;
    },
    seen: () => ({ count, kinds: [...kinds.values()].reverse() }),
  };
}

function now(): string {
  return new Date().toISOString();
}
