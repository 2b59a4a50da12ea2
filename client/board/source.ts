import { workflowTypes } from '../../contract/workflow-types.ts';
import { SlipwayError } from '../api/errors.ts';
import type { EnvironmentName } from '../api/environment-name.ts';
import type { EveryEnvironment } from '../requests/every-environment.ts';
import { ofPlace, type Board, type BoardPlace, type KnownStatus } from './board.ts';
import { gather, type BoardClient, type Gathered } from './gather.ts';
import { pastChanges } from './past.ts';
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
  catalog(): Promise<Pick<EveryEnvironment, 'places' | 'problems'>>;
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
  const moment = (): string => new Date(clock()).toISOString();
  let last: { at: string; gathered: Gathered } | null = null;
  let outage: Board['outage'] = null;

  const ask = async (): Promise<void> => {
    const at = moment();
    try {
      const gathered = await inTime(patienceMs, gather(slipway, new Date(at)));
      last = { at, gathered: { ...gathered, runs: recallRuns(gathered.runs, at) } };
      outage = null;
    } catch (error) {
      if (!(error instanceof SlipwayError)) throw error;
      outage = { since: outage?.since ?? at, reason: error.message };
    }
  };

  const compose = async (): Promise<Board> => {
    const { places: known, problems } = await readCatalog();
    const {
      environments = [],
      runs: all = [],
      past: ended = [],
      notices: leftOut = [],
      silence = null,
    } = last?.gathered ?? {};
    const { incidents = [], runs = [] } = Object.groupBy(all, ({ workflowType }) =>
      workflowType === workflowTypes.incident ? 'incidents' : 'runs',
    );
    const at = last?.at ?? null;
    const placeOf = async ({ service, environment }: EnvironmentName): Promise<BoardPlace> => {
      const place = { service, environment };
      const [found] = ofPlace(environments, place);
      const answer = last ? (found?.answer ?? null) : (outage?.reason ?? '');
      const state = await memory.stateOf(place, answer, at ?? moment());
      const unusable = ofPlace(known, place)[0]?.unusable ?? null;
      return { ...place, link: found?.link ?? null, unusable, state, platform: looks.answerOf(place) };
    };
    const unread = problems.map(({ path, message }) => `The catalog is not whole. ${path}: ${message}`);
    const notices = [...leftOut, ...unread];
    const places = await Promise.all(placesOf(known, environments).map(placeOf));
    const past = pastChanges(places, ended, {
      link: (workflowId, runId) => slipway.link(workflowId, runId),
      now: new Date(clock()),
    });
    return { at, temporal, outage, silence, places, runs, incidents, past, notices };
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

/** The catalog's environments in its order, then those that only Temporal knows. */
function placesOf(inCatalog: readonly EnvironmentName[], others: readonly EnvironmentName[]): EnvironmentName[] {
  return [...inCatalog, ...others.filter((one) => ofPlace(inCatalog, one).length === 0)];
}

/** Names all that may move traffic in a place: its ledger, who holds it, and the steps of what runs there. */
function movedIn({ runs }: Board, place: BoardPlace): string {
  const { ledger, holder }: Partial<KnownStatus> = place.state.kind === 'answered' ? place.state.status : {};
  const steps = ofPlace(runs, place).flatMap((run) => [run.phase, (run.steps ?? []).map(({ state }) => state)]);
  return JSON.stringify([ledger?.at(-1)?.hash, holder?.change, steps]);
}
