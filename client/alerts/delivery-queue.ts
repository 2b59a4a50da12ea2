import { episodeKey, type Episode } from '../../contract/incident/episode.ts';
import type { EnvironmentName } from '../api/environment-name.ts';
import { createSlots } from './slots.ts';
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

/** Batches of one incident: one that is being sent, and one that gathers what comes meanwhile. */
interface Lane {
  sending: Batch | null;
  waiting: Batch | null;
  ended: Promise<void>;
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
/** The most messages to Temporal at once: with more, each is so slow that all are late. */
const maxMessages = 16;

/** Says that too many alerts of an incident wait. */
class TooManyWaiting extends Error {
  constructor(id: string) {
    super(`more than ${maxWaiting} alerts wait for ${id}`);
  }
}

/** Names an episode in one of its two states. */
export function stateKey(episode: Episode): string {
  return `${episodeKey(episode)} ${episode.status}`;
}

export function createDeliveryQueue(send: (delivery: Delivery) => Promise<void>): DeliveryQueue {
  const lanes = new Map<string, Lane>();
  const inSlot = createSlots(maxMessages);

  const sendWaiting = async (id: string, lane: Lane): Promise<void> => {
    const batch = lane.waiting;
    if (!batch) return;
    Object.assign(lane, { sending: batch, waiting: null } satisfies Partial<Lane>);
    const { name, episodes, opens, result } = batch;
    await send({ ...name, id, opens, episodes: [...episodes.values()] }).then(result.resolve, result.reject);
    lane.sending = null;
  };
  const work = async (id: string, lane: Lane): Promise<void> => {
    // What comes while the lane waits for its slot goes with the batch.
    while (lane.waiting) await inSlot(async () => sendWaiting(id, lane));
    lanes.delete(id);
  };

  return {
    add: async ({ id, service, environment, episodes }, opens) => {
      const lane = lanes.get(id) ?? { sending: null, waiting: null, ended: Promise.resolve() };
      // A repeat of what is being sent waits for that.
      const { sending } = lane;
      const fresh = episodes.filter((one) => sending?.episodes.has(stateKey(one)) !== true);
      const results = fresh.length < episodes.length && sending ? [sending.result.promise] : [];
      if (fresh.length > 0)
        results.push(gather(lane, { id, service, environment, episodes: fresh, opens }).result.promise);
      if (!lanes.has(id)) {
        lanes.set(id, lane);
        lane.ended = work(id, lane);
      }
      await Promise.all(results);
    },
    get size() {
      return lanes.size;
    },
    idle: async () => {
      while (lanes.size > 0) await Promise.all([...lanes.values()].map(({ ended }) => ended));
    },
  };
}

/** Puts alerts into the batch that waits. */
function gather(lane: Lane, { id, service, environment, episodes, opens }: Delivery): Batch {
  lane.waiting ??= {
    name: { service, environment },
    episodes: new Map(),
    opens: false,
    result: Promise.withResolvers(),
  };
  const batch = lane.waiting;
  if (batch.episodes.size + episodes.length > maxWaiting) throw new TooManyWaiting(id);
  for (const episode of episodes) batch.episodes.set(stateKey(episode), episode);
  batch.opens ||= opens;
  return batch;
}
