import { driftCheckWorkflowId } from '../../contract/ids.ts';
import type { EnvironmentName } from '../api/environment-name.ts';
import type { SlipwayClient } from '../api/slipway-client.ts';
import { lookAtPlatform } from '../requests/look-at-platform.ts';
import type { PlatformAnswer } from './board.ts';

/** A change moves traffic in seconds; nobody needs the platform's word more often. */
const leastMs = 5_000;

interface Look {
  answer: PlatformAnswer | null;
  /** What moved when it was asked last; another one is a reason to ask again. */
  moved: string;
  askedAt: number;
  isUnderWay: boolean;
}

interface Options {
  slipway: Pick<SlipwayClient, 'start' | 'end'>;
  /** How often a place is asked in which nothing moves. */
  calmMs: number;
  clock(): number;
}

/** Keeps what the platform serves in each place. Each question is a short run, so it asks seldom. */
export interface PlatformLooks {
  answerOf(place: EnvironmentName): PlatformAnswer | null;
  /** Asks about a place if it is time to. `moved` changes with all that may move traffic. */
  refresh(place: EnvironmentName, moved: string): void;
  /** Waits until no question is under way. */
  settled(): Promise<void>;
}

/** Creates the looks: a place is asked again when something has moved there, and seldom while nothing does. */
export function createPlatformLooks({ slipway, calmMs, clock }: Options): PlatformLooks {
  const looks = new Map<string, Look>();
  const underWay = new Set<Promise<void>>();

  const ask = async ({ service, environment }: EnvironmentName, look: Look): Promise<void> => {
    const asked = lookAtPlatform(slipway, { service, environment }, driftCheckWorkflowId(service, environment));
    const answer = await asked.catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
    look.answer = { at: new Date(clock()).toISOString(), answer };
    look.isUnderWay = false;
  };

  return {
    answerOf: (place) => looks.get(keyOf(place))?.answer ?? null,
    refresh: (place, moved) => {
      const look = looks.get(keyOf(place)) ?? { answer: null, moved: '', askedAt: -Infinity, isUnderWay: false };
      looks.set(keyOf(place), look);
      const waitMs = look.moved === moved ? calmMs : leastMs;
      if (look.isUnderWay || clock() - look.askedAt < waitMs) return;
      Object.assign(look, { moved, askedAt: clock(), isUnderWay: true });
      const asking = ask(place, look).finally(() => underWay.delete(asking));
      underWay.add(asking);
    },
    settled: async () => {
      await Promise.all(underWay);
    },
  };
}

function keyOf({ service, environment }: EnvironmentName): string {
  return `${service}/${environment}`;
}
