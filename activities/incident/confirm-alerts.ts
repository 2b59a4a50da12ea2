import { episodeKey, type Episode } from '../../contract/incident/episode.ts';
import type { Alerts, FiringAlert } from '../ports/index.ts';
import { withTimeLimit } from './time-limit.ts';

export interface ConfirmRequest {
  service: string;
  environment: string;
  episodes: Pick<Episode, 'fingerprint' | 'startsAt'>[];
}

export interface AlertStates {
  /** False if Alertmanager is not known here or did not answer: then nothing is known of any of them. */
  answered: boolean;
  reason: string;
  states: { key: string; state: 'firing' | 'absent' }[];
  /** How long a source of alerts may still tell a fresh Alertmanager of those that are absent; 0 if all are told. */
  incompleteForMs: number;
}

const limitMs = 8_000;
/** Prometheus tells of an alert that fires every minute (Prometheus, rules.alert.resend-delay). */
const toldAgainMs = 75_000;

/** Asks Alertmanager whether it knows these episodes: an alert is a stranger's message. */
export async function confirmEpisodes(
  { service, environment, episodes }: ConfirmRequest,
  alerts: Alerts,
  signal: AbortSignal,
): Promise<AlertStates> {
  try {
    const found = await withTimeLimit(limitMs, signal, async () => {
      // Only alerts of this service and environment: another one's fingerprint would bear out a forged message.
      const own = keysOf(await alerts.find({ services: [service], environment }));
      const states = episodes.map((one) => {
        const key = episodeKey(one);
        return { key, state: own.has(key) ? ('firing' as const) : ('absent' as const) };
      });
      const isComplete = states.every(({ state }) => state === 'firing');
      return { states, incompleteForMs: isComplete ? 0 : await incompleteFor(alerts) };
    });
    const firing = found.states.filter(({ state }) => state === 'firing').length;
    return { answered: true, reason: `${firing} of ${found.states.length} fire at Alertmanager`, ...found };
  } catch (error) {
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    return { answered: false, reason: `no answer of Alertmanager: ${reason}`, states: [], incompleteForMs: 0 };
  }
}

async function incompleteFor(alerts: Alerts): Promise<number> {
  return Math.max(0, Date.parse(await alerts.startedAt()) + toldAgainMs - Date.now());
}

/** Both write times to the millisecond or finer, and the key has milliseconds. */
function keysOf(firing: readonly FiringAlert[]): Set<string> {
  return new Set(firing.map(episodeKey));
}
