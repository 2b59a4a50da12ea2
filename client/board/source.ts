import { SlipwayError } from '../api/errors.ts';
import { ofPlace, type Board, type BoardPlace, type KnownStatus } from './board.ts';
import { composeBoard, type Answers, type BoardCatalog } from './compose.ts';
import { gather, type BoardClient } from './gather.ts';
import { createPlaceMemory, type StoredLedger } from './place-memory.ts';
import type { PlatformLooks } from './platform-looks.ts';
import { createRunMemory } from './run-memory.ts';
import { cachedFor, inTime } from './shared-answer.ts';

/** However many look at once, Temporal is asked no more often. */
const leastMs = 2_000;
/** How old the catalog may be: whoever adds a service need not restart the board. */
const catalogMs = 10_000;
/** Temporal that is well answers within a second; without a worker two more go by. */
const patienceMs = 10_000;

export interface BoardSource {
  /** Answers what is known now. It asks only when somebody calls it, and once for all who call. */
  current(): Promise<Board>;
  /** The same, once the platform has answered, too. */
  whole(): Promise<Board>;
}

interface Options {
  slipway: BoardClient;
  looks: PlatformLooks;
  catalog(): Promise<BoardCatalog>;
  /** Null where this machine does not have the ledgers. */
  storedLedger: StoredLedger | null;
  temporal: Board['temporal'];
  clock?(): number;
}

/** Creates what the board is made from. It remembers, so that an outage leaves what was there before. */
export function createBoardSource(options: Options): BoardSource {
  const { slipway, looks, storedLedger, temporal, clock = Date.now } = options;
  const memory = createPlaceMemory(storedLedger);
  const recallRuns = createRunMemory();
  const readCatalog = cachedFor(catalogMs, clock, options.catalog);
  let answers: Answers = null;
  let outage: Board['outage'] = null;

  const ask = async (): Promise<void> => {
    const at = new Date(clock()).toISOString();
    try {
      const gathered = await inTime(patienceMs, gather(slipway, new Date(at)));
      answers = { at, gathered: { ...gathered, runs: recallRuns(gathered.runs, at) } };
      outage = null;
    } catch (error) {
      if (!(error instanceof SlipwayError)) throw error;
      outage = { since: outage?.since ?? at, reason: error.message };
    }
  };

  const compose = async (): Promise<Board> => {
    const catalog = await readCatalog();
    const now = new Date(clock());
    return composeBoard({ catalog, answers, outage, temporal, now, memory, looks, slipway });
  };

  const current = cachedFor(leastMs, clock, async () => {
    await ask();
    const board = await compose();
    if (board.outage || board.silence !== null) return board;
    for (const place of board.places) if (mayServe(place)) looks.refresh(place, movedIn(board, place));
    return board;
  });
  return {
    current,
    whole: async () => {
      await current();
      await looks.settled();
      return compose();
    },
  };
}

/** What was never used and cannot be used here is not worth a question. */
function mayServe({ state, unusable }: BoardPlace): boolean {
  return state.kind !== 'unused' || unusable === null;
}

/** Names all that may move traffic in a place: its ledger, who holds it, and the steps of what runs there. */
function movedIn({ runs }: Board, place: BoardPlace): string {
  const { ledger, holder }: Partial<KnownStatus> = place.state.kind === 'answered' ? place.state.status : {};
  const steps = ofPlace(runs, place).flatMap((run) => [run.phase, (run.steps ?? []).map(({ state }) => state)]);
  return JSON.stringify([ledger?.at(-1)?.hash, holder?.change, steps]);
}
