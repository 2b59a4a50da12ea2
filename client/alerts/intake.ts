import { episodeKey, type Episode } from '../../contract/incident/episode.ts';
import { createDeliveryQueue, stateKey, type Delivery } from './delivery-queue.ts';
import { createMemory } from './memory.ts';
import type { IncidentAlerts } from './sort-alerts.ts';

/** A request that got a 503 comes again within minutes; what it had stored is not sent twice. */
const repeats = { forMs: 120_000, maxKeys: 20_000 };
/** A cluster tells of "firing" late: by minutes, after a partition by hours (Alertmanager, high availability). */
const endings = { forMs: 24 * 3_600_000, maxKeys: 20_000 };

/** Takes alerts in, and knows which of them are news. */
export interface Intake {
  /** Is fulfilled once Temporal has stored the alerts. Rejects with what kept it from that. */
  take(alerts: IncidentAlerts): Promise<void>;
  /** Remembers these alerts once they are stored: their request failed, and its repeat has less to do. */
  expectRepeat(alerts: IncidentAlerts, taken: Promise<void>): void;
  /** Incidents with alerts under way. */
  underWay(): number;
  /** Is fulfilled once nothing is under way. */
  idle(): Promise<void>;
}

export function createIntake(send: (delivery: Delivery) => Promise<void>): Intake {
  const stored = createMemory(repeats);
  const ended = createMemory(endings);
  const queue = createDeliveryQueue(send);
  const stateOf = (id: string, episode: Episode): string => `${id} ${stateKey(episode)}`;
  const keyOf = (id: string, episode: Episode): string => `${id} ${episodeKey(episode)}`;
  return {
    take: async (alerts) => {
      const { id } = alerts;
      const fresh = alerts.episodes.filter((one) => !stored.has(stateOf(id, one)));
      if (fresh.length === 0) return;
      // A "firing" of an episode that was seen resolved is late: it opens nothing (alertmanager#4008, #2447).
      const opens = fresh.some((one) => isFiring(one) && !ended.has(keyOf(id, one)));
      for (const one of fresh) if (!isFiring(one)) ended.add(keyOf(id, one));
      await queue.add({ ...alerts, episodes: fresh }, opens);
    },
    expectRepeat: ({ id, episodes }, taken) => {
      const remember = (): void => episodes.forEach((one) => stored.add(stateOf(id, one)));
      void taken.then(remember, () => undefined);
    },
    underWay: () => queue.size,
    idle: queue.idle,
  };
}

function isFiring({ status }: Episode): boolean {
  return status === 'firing';
}
