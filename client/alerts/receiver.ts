import type { Episode } from '../../contract/incident/episode.ts';
import type { EnvironmentName } from '../api/environment-name.ts';
import { cleanLine } from '../cli/text.ts';
import type { FindRest } from './alertmanager.ts';
import { readBody, type WebhookBody } from './body.ts';
import { createCounts, type Health } from './counts.ts';
import type { Delivered } from './deliver.ts';
import type { Delivery } from './delivery-queue.ts';
import { createIntake } from './intake.ts';
import { sortAlerts, type CatalogAnswer, type IncidentAlerts, type UndeliverableAlert } from './sort-alerts.ts';

/** Limits a delivery, so that Alertmanager has its answer within a second. */
const deliveryMs = 900;

/** The answer to one request. */
export interface Answer {
  status: 200 | 400 | 503;
  body: object;
}

export interface Receiver {
  /** Answers a body once its alerts are stored, or after 900 ms. It never throws. */
  receive(text: string): Promise<Answer>;
  answered(status: number): void;
  brokeOff(): void;
  health(): Health;
  /** Is fulfilled once nothing is under way. */
  idle(): Promise<void>;
}

/** Hears what the receiver does. */
export interface Events {
  delivered(delivery: Delivery, delivered: Delivered): void;
  /** Heard once for each kind. */
  undeliverable(alert: UndeliverableAlert): void;
  /** A request was answered with 503, for this reason. */
  failed(what: string): void;
}

interface Options {
  deliver(delivery: Delivery): Promise<Delivered>;
  /** Reads the catalog, perhaps from a moment ago. */
  catalog(): Promise<(name: EnvironmentName) => CatalogAnswer>;
  /** Null if no Alertmanager is configured. */
  findRest: FindRest | null;
  events: Events;
}

/** Gathers what one request is about. */
interface Work {
  undeliverable: UndeliverableAlert[];
  taken: { alerts: IncidentAlerts; taken: Promise<void> }[];
}

/** Creates what stands behind the server: it knows alerts and incidents, and nothing of HTTP. */
export function createReceiver({ deliver, catalog, findRest, events }: Options): Receiver {
  const counts = createCounts();
  const intake = createIntake(async (delivery) => {
    const delivered = await deliver(delivery);
    counts.delivered(countStatus(delivery.episodes));
    events.delivered(delivery, delivered);
  });

  const noteUndeliverable = (alert: UndeliverableAlert): void => {
    if (counts.undeliverable(alert)) events.undeliverable(alert);
  };

  const takeAlerts = async (alerts: readonly unknown[], work: Work): Promise<void> => {
    const { incidents, undeliverable, undecided } = sortAlerts(alerts, await catalog());
    undeliverable.forEach(noteUndeliverable);
    work.undeliverable.push(...undeliverable);
    const taken = incidents.map((one) => ({ alerts: one, taken: intake.take(one) }));
    work.taken.push(...taken);
    throwFirst(await Promise.allSettled(taken.map((one) => one.taken)));
    const [waiting] = undecided;
    if (waiting) throw new Error(waiting.why);
  };

  const takeBody = async (body: WebhookBody, work: Work): Promise<void> => {
    const takeRest = async (): Promise<void> => {
      const rest = await restOf(body, findRest);
      if (rest.length < body.truncatedAlerts) noteUndeliverable(fewerThanCut);
      await takeAlerts(rest, work);
    };
    throwFirst(await Promise.allSettled([takeAlerts(body.alerts, work), takeRest()]));
  };

  return {
    receive: async (text) => {
      const read = readBody(text);
      if ('problem' in read) return { status: 400, body: { error: read.problem } };
      const work: Work = { undeliverable: [], taken: [] };
      try {
        await within(deliveryMs, takeBody(read.body, work));
        return { status: 200, body: summaryOf(work) };
      } catch (error) {
        const problem = messageOf(error);
        for (const { alerts, taken } of work.taken) intake.expectRepeat(alerts, taken);
        counts.failed(problem);
        events.failed(problem);
        return { status: 503, body: { error: problem } };
      }
    },
    answered: counts.answered,
    brokeOff: counts.brokeOff,
    health: () => counts.health(intake.underWay()),
    idle: intake.idle,
  };
}

/** Completes a list that Alertmanager cut. Throws where it cannot, so that the body comes again. */
async function restOf(body: WebhookBody, findRest: FindRest | null): Promise<unknown[]> {
  if (body.truncatedAlerts === 0) return [];
  const cut = `the list is cut by ${body.truncatedAlerts} alerts`;
  if (!findRest) throw new Error(`${cut}, and no Alertmanager is configured: set max_alerts to 0, or --alertmanager`);
  const rest = await findRest(body).catch((error: unknown) => {
    throw new Error(`${cut}, and Alertmanager does not complete it: ${messageOf(error)}`);
  });
  const had = new Set(body.alerts.map(identityOf));
  return rest.filter((alert) => !had.has(identityOf(alert)));
}

/**
 * Tells an alert from another one before it is read. The API writes milliseconds where a body has nanoseconds
 * (Alertmanager, API v2).
 */
function identityOf(alert: unknown): string {
  const { fingerprint, startsAt } = (alert ?? {}) as { fingerprint?: unknown; startsAt?: unknown };
  return JSON.stringify([fingerprint, new Date(String(startsAt))]);
}

/** Is told of where the API lists fewer alerts than were cut off: those that have ended, or it is another API. */
const fewerThanCut: UndeliverableAlert = {
  alert: 'cut list',
  why: 'Alertmanager lists fewer alerts that fire than it cut off: set max_alerts to 0',
};

/** Waits for work, but no longer than so. The work goes on. */
async function within(milliseconds: number, work: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(() => late.reject(new Error(`not stored within ${milliseconds} ms`)), milliseconds);
  try {
    await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function throwFirst(results: readonly PromiseSettledResult<void>[]): void {
  const failure = results.find((result) => result.status === 'rejected');
  if (failure) throw failure.reason;
}

function messageOf(error: unknown): string {
  return cleanLine(error instanceof Error ? error.message : String(error)).slice(0, 500);
}

function summaryOf({ taken, undeliverable }: Work): object {
  const incidents = taken.map(({ alerts: { id, episodes } }) => ({ id, ...countStatus(episodes) }));
  return { incidents, undeliverable: undeliverable.slice(0, 20), undeliverableCount: undeliverable.length };
}

/** Counts the episodes that fire and those that have ended. */
export function countStatus(episodes: readonly Episode[]): { firing: number; resolved: number } {
  const firing = episodes.filter(({ status }) => status === 'firing').length;
  return { firing, resolved: episodes.length - firing };
}
