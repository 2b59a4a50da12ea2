import { episodeKey, type Episode } from '../../contract/incident/episode.ts';
import type { EnvironmentName } from '../api/environment-name.ts';
import type { IncidentAlerts } from './sort-alerts.ts';

/** What goes to one incident at once. */
export interface Delivery extends EnvironmentName {
  id: string;
  /** Without a repeat, in the order in which they came. */
  episodes: Episode[];
  /** True if it opens the incident where none runs. Alerts that have all ended open nothing. */
  opens: boolean;
}

interface Batch {
  name: EnvironmentName;
  /** By episode and status: a "resolved" must not hide that the alert fired. */
  episodes: Map<string, Episode>;
  opens: boolean;
  result: PromiseWithResolvers<void>;
}

/** Alerts wait while others of their incident are under way; then all that wait go together. */
export interface DeliveryQueue {
  /** Is fulfilled once Temporal has stored the alerts. Rejects with what kept it from that. */
  add(alerts: IncidentAlerts, opens: boolean): Promise<void>;
  /** Incidents with alerts under way. */
  readonly size: number;
  /** Is fulfilled once nothing is under way. */
  idle(): Promise<void>;
}

/** The most episodes that wait for one incident. More than that is another sender than Alertmanager. */
const maxWaiting = 5_000;

/** Says that too many alerts of an incident wait. */
export class TooManyWaiting extends Error {
  constructor(id: string) {
    super(`more than ${maxWaiting} alerts wait for ${id}`);
  }
}

/** Names an episode in one of its two states. */
export function stateKey(episode: Episode): string {
  return `${episodeKey(episode)} ${episode.status}`;
}

export function createDeliveryQueue(send: (delivery: Delivery) => Promise<void>): DeliveryQueue {
  const waiting = new Map<string, Batch>();
  const lanes = new Map<string, Promise<void>>();

  const work = async (id: string): Promise<void> => {
    for (let batch = waiting.get(id); batch; batch = waiting.get(id)) {
      waiting.delete(id);
      const { name, episodes, opens, result } = batch;
      await send({ ...name, id, opens, episodes: [...episodes.values()] }).then(result.resolve, result.reject);
    }
    lanes.delete(id);
  };

  return {
    add: async ({ id, service, environment, episodes }, opens) => {
      const batch = waiting.get(id) ?? newBatch({ service, environment });
      if (batch.episodes.size + episodes.length > maxWaiting) throw new TooManyWaiting(id);
      for (const episode of episodes) batch.episodes.set(stateKey(episode), episode);
      batch.opens ||= opens;
      waiting.set(id, batch);
      if (!lanes.has(id)) lanes.set(id, work(id));
      await batch.result.promise;
    },
    get size() {
      return lanes.size;
    },
    idle: async () => {
      while (lanes.size > 0) await Promise.all(lanes.values());
    },
  };
}

function newBatch(name: EnvironmentName): Batch {
  return { name, episodes: new Map(), opens: false, result: Promise.withResolvers() };
}
