import { knownStatus, ofPlace, type Board, type BoardPlace, type BoardRun } from './board.ts';

/** How a state is drawn; its word says it, too. */
export type Tone = 'alarm' | 'ask' | 'stop' | 'move' | 'calm' | 'unknown';

export interface StateWord {
  word: string;
  tone: Tone;
  /** The run that it is about; null for a state of the place itself. */
  link: string | null;
}

/** Names the states of a place, the gravest first. */
export function statesOf(board: Board, place: BoardPlace): StateWord[] {
  const known = knownStatus(place);
  const word = (text: string, tone: Tone, link: string | null = null): StateWord => ({ word: text, tone, link });
  const runs = ofPlace(board.runs, place);
  const states = [
    ...ofPlace(board.incidents, place).map(({ severity, link }) => word(`incident ${severity ?? ''}`, 'alarm', link)),
    ...(known?.phase === 'parked' ? [word('parked', 'ask', place.link)] : []),
    ...runs.filter(asksPeople).map((run) => word(`${kindOf(run)}: ${phaseWord(run)}`, 'ask', run.link)),
    ...(known?.drift ? [word('drift', 'alarm')] : []),
    ...(phaseOf(place) === 'frozen' || known?.freeze ? [word('frozen', 'stop')] : []),
    ...runs.filter((run) => !asksPeople(run)).map((run) => word(`${kindOf(run)}: ${run.phase}`, 'move', run.link)),
    ...(known?.disabledTraffic?.length ? [word('traffic disabled', 'stop')] : []),
    ...(known?.holds.length ? [word(`${known.holds.length} on hold`, 'stop')] : []),
    ...(place.state.kind === 'silent' ? [word('stale', 'unknown')] : []),
  ];
  if (states.length > 0) return states;
  return [place.state.kind === 'unused' ? word('never used', 'calm') : word('quiet', 'calm')];
}

/** Says whether a run waits for a person; a release waits for its stop, which says it itself. */
export function asksPeople({ phase, waitingFor }: BoardRun): boolean {
  if (!waitingFor) return false;
  return waitingFor.kind === 'unknown'
    ? ['approval', 'parked', 'responding'].includes(phase)
    : ['approval', 'operator'].includes(waitingFor.kind);
}

/** Names what a run is, as people call it. */
export function kindOf({ kind, workflowType }: BoardRun): string {
  return kind ?? workflowType;
}

function phaseWord({ phase }: BoardRun): string {
  return phase === 'approval' ? 'waits for approval' : phase;
}

function phaseOf({ state }: BoardPlace): string {
  return state.kind === 'silent' ? (state.memo?.phase ?? '') : '';
}
