import type { HistoryWatch } from './history.ts';
import type { IncidentRecord } from './judge.ts';
import type { IncidentLife } from './life.ts';
import type { Arrest } from './outside.ts';

/** When a worker or a server dies: at a call that is held, or as soon as a history has an event. */
export type Moment = { call: Arrest } | { event: string; nth?: number; of?: 'incident' | 'environment' };

/** A death when all of these moments have come, and how long nobody works then. */
export interface Death {
  moments: readonly Moment[];
  awayMs?: number;
}

/** A call that is held is given up after 8 s at the earliest: the death comes before. */
const togetherMs = 5_000;

type Watches = Record<'incident' | 'environment', HistoryWatch>;

/**
 * Lives an incident and kills its worker, or what `kill` kills, at each of these moments in order; another one takes
 * over each time. Answers what is left of it, and the deaths whose moment never came.
 */
export async function liveThrough(
  life: IncidentLife,
  deaths: readonly Death[],
  kill: (death: Death) => Promise<void> = ({ awayMs }) => life.killWorker(awayMs),
): Promise<{ record: IncidentRecord; missed: Death[] }> {
  const watches = { incident: life.watch(), environment: life.watch('environment') };
  try {
    // The first arrest has to be there before the first call.
    const killed = killAll(life, { watches, deaths, kill });
    const ended = life.begin().then(() => life.end());
    const isOver = ended.then(() => false as const);
    const missed = await killed(isOver);
    return { record: await ended, missed };
  } finally {
    for (const watch of Object.values(watches)) watch.close();
  }
}

interface Plan {
  watches: Watches;
  deaths: readonly Death[];
  kill: (death: Death) => Promise<void>;
}

/** Arms the first death at once; the answer goes on with the others until the incident is over. */
function killAll(life: IncidentLife, { watches, deaths, kill }: Plan): (isOver: Promise<false>) => Promise<Death[]> {
  const [first] = deaths;
  const firstReached = first && reached(life, watches, first);
  return async (isOver) => {
    const missed: Death[] = [];
    for (const death of deaths) {
      const isReached = await Promise.race([death === first ? firstReached : reached(life, watches, death), isOver]);
      if (isReached) await kill(death);
      else missed.push(death);
    }
    return missed;
  };
}

/** Waits until the first of the moments has come, and then a little for the others. */
async function reached(life: IncidentLife, watches: Watches, { moments }: Death): Promise<true> {
  const each = moments.map((moment) =>
    'call' in moment
      ? life.outside.arrest(moment.call)
      : watches[moment.of ?? 'incident'].until(moment.event, moment.nth),
  );
  await Promise.race(each);
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, togetherMs);
  await Promise.race([Promise.all(each), late]);
  clearTimeout(timer);
  return true;
}
