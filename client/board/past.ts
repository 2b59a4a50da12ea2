import { isWholeLedger } from '../../contract/ledger-inline.ts';
import { isChangeEntry, type LedgerEntry } from '../../contract/ledger.ts';
import type { RunSummary } from '../api/runs.ts';
import { stateWord } from '../view/runs.ts';
import { knownStatus, ofPlace, type BoardPlace, type PastChange } from './board.ts';
import { pastSince } from './gather.ts';

interface Context {
  link(workflowId: string, runId: string): string | undefined;
  now: Date;
}

/** A plan alone has changed nothing. */
const onlyPlanned = /^planned; nothing was /;

/**
 * Lists the changes of the last days, newest first: the runs that Temporal still has, with what the ledgers tell of
 * them, and the entries of those that it has forgotten.
 */
export function pastChanges(
  places: readonly BoardPlace[],
  runs: readonly RunSummary[],
  { link, now }: Context,
): PastChange[] {
  const since = pastSince(now);
  const inRuns = runs
    .filter(({ outcome }) => !onlyPlanned.test(outcome))
    .map((run) => ofRun(run, places, link(run.workflowId, run.runId) ?? null));
  const told = new Set(inRuns.map(({ change }) => change));
  const forgotten = places.flatMap((place) =>
    entriesOf(place)
      .filter((entry) => entry.at >= since && !told.has(changeOf(entry)))
      .map((entry) => ofEntry(entry, place)),
  );
  return [...inRuns, ...forgotten].sort((a, b) => b.at.localeCompare(a.at));
}

function ofRun(run: RunSummary, places: readonly BoardPlace[], link: string | null): PastChange {
  const { service, environment, change, workflowType, commit, startedAt, closedAt, execution, outcome } = run;
  const [place] = ofPlace(places, run);
  const ledger = place && knownStatus(place)?.ledger;
  const entry = place && entriesOf(place).find((one) => changeOf(one) === change);
  return {
    ...{ service, environment, change, kind: workflowType, commit, link, outcome },
    at: closedAt ?? startedAt,
    by: entry?.by ?? '',
    word: stateWord(run),
    isDone: execution === 'COMPLETED',
    // A release holds no environment; its stops do. Where the ledger is not known whole, nobody can tell.
    hasHeld: environment !== '' && (!ledger || !isWholeLedger(ledger) || entry !== undefined),
  };
}

function ofEntry(entry: LedgerEntry, { service, environment, link }: BoardPlace): PastChange {
  const isDone = isChangeEntry(entry) ? entry.verified : entry.kind !== 'unclean';
  return {
    ...{ service, environment, kind: entry.kind, at: entry.at, by: entry.by, outcome: entry.outcome, isDone, link },
    change: changeOf(entry),
    commit: isChangeEntry(entry) ? entry.commit : '',
    word: isDone ? 'completed' : 'not verified',
    hasHeld: true,
  };
}

/** What a holder has left; freezes, lifts and the like are no changes. */
function entriesOf(place: BoardPlace): LedgerEntry[] {
  const { ledger = [] } = knownStatus(place) ?? {};
  return ledger.filter((entry) => isChangeEntry(entry) || ['drill', 'switchTraffic', 'unclean'].includes(entry.kind));
}

function changeOf(entry: LedgerEntry): string {
  return 'change' in entry ? (entry.change ?? '') : '';
}
