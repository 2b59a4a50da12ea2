import { knownStatus, ofPlace, phaseOf, type Board, type BoardPlace, type BoardRun } from './board.ts';

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
  const asks = (run: BoardRun): boolean => asksPeople(board, run);
  const states = [
    ...ofPlace(board.incidents, place).map(({ severity, link }) => word(`incident ${severity ?? ''}`, 'alarm', link)),
    ...(phaseOf(place) === 'parked' ? [word('parked', 'ask', place.link)] : []),
    ...runs.filter(asks).map((run) => word(`${kindOf(run)}: ${phaseWord(run)}`, 'ask', run.link)),
    ...(known?.drift ? [word('drift', 'alarm')] : []),
    ...(phaseOf(place) === 'frozen' || known?.freeze || known?.stops?.length ? [word('frozen', 'stop')] : []),
    ...runs.filter((run) => !asks(run)).map((run) => word(`${kindOf(run)}: ${phaseWord(run)}`, 'move', run.link)),
    ...(known?.disabledTraffic?.length ? [word('traffic disabled', 'stop')] : []),
    ...(known?.holds.length ? [word(`${known.holds.length} on hold`, 'stop')] : []),
    ...(place.state.kind === 'silent' ? [word('stale', 'unknown')] : []),
  ];
  if (states.length > 0) return states;
  return [place.state.kind === 'unused' ? word('never used', 'calm') : word('quiet', 'calm')];
}

/** Says whether a run waits for a person; a release waits for its stop, which says it itself. */
export function asksPeople({ runs }: Pick<Board, 'runs'>, run: BoardRun): boolean {
  const { phase, waitingFor } = run;
  if (!waitingFor || waitsForStop({ runs }, run)) return false;
  return waitingFor.kind === 'unknown'
    ? ['approval', 'parked'].includes(phase)
    : ['approval', 'operator'].includes(waitingFor.kind);
}

/** Says whether a release waits for one of its stops; of a memo the stop's id tells it. */
export function waitsForStop({ runs }: Pick<Board, 'runs'>, { workflowId, waitingFor }: BoardRun): boolean {
  if (waitingFor?.kind !== 'unknown') return waitingFor?.kind === 'child';
  return runs.some((other) => other.workflowId.startsWith(`${workflowId}/`));
}

/** Names what a run is, as people call it. */
export function kindOf({ kind, workflowType }: BoardRun): string {
  return kind ?? workflowType;
}

/** Phases whose names alone would mislead: an environment may be called staging, too. */
const phaseWords: Record<string, string> = {
  approval: 'waits for approval',
  queued: 'waits in the queue',
  staging: 'stages a revision',
};

/** Says the phase of a run in words that stand alone. */
export function phaseWord({ phase }: Pick<BoardRun, 'phase'>): string {
  return phaseWords[phase] ?? phase;
}
