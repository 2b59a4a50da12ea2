import { cutLine } from '../../contract/cut-line.ts';
import { verdictWords } from '../../contract/verdict.ts';
import { changedText, hasIncidentFacts, sinceText, stepsToTake, whoText } from '../view/incident.ts';
import { commandsToPaste, withProgress } from '../view/status.ts';
import { agoText, momentText } from '../view/time.ts';
import { knownStatus, phaseOf, type Board, type BoardPlace, type BoardRun } from './board.ts';
import type { Fact } from './facts.ts';
import { guarded } from './guarded.ts';
import { asksPeople, kindOf, phaseWord, waitsForStop } from './states.ts';

/** Something that a person should see first: a run that asks, goes on, or is an incident. */
export interface Subject {
  /** Names it among all others. */
  id: string;
  title: string;
  /** Its state in a word or two. */
  word: string;
  link: string | null;
  facts: Fact[];
  answers: Answer[];
}

/** A command to paste, and what it does where that is said. */
export interface Answer {
  what: string;
  command: string;
}

/** The whole of it is on the incident's own page. */
const maxStep = 280;

/** Lists the incidents that are open: since when, who is on it, what had changed, what to do next. */
export function openIncidents(board: Board, now: Date): Subject[] {
  return board.incidents.map((run) => subjectOf(run, () => ofIncident(board, run, now)));
}

/** Lists what waits for a person: runs, and environments that are parked. */
export function waitsForPeople(board: Board, now: Date): Subject[] {
  const parked = board.places.filter((place) => phaseOf(place) === 'parked');
  return [
    ...board.runs.filter((run) => asksPeople(board, run)).map((run) => subjectOf(run, () => ofRun(board, run, now))),
    ...parked.map((place) => ofParkedPlace(place, now)),
  ];
}

/** Lists the changes that go on by themselves. */
export function movingRuns(board: Board, now: Date): Subject[] {
  return board.runs.filter((run) => !asksPeople(board, run)).map((run) => subjectOf(run, () => ofRun(board, run, now)));
}

function subjectOf({ workflowId, link }: BoardRun, make: () => Subject): Subject {
  return guarded(make, (reason) => ({
    ...{ id: workflowId, title: workflowId, word: 'defect', link, answers: [] },
    facts: [{ label: 'why', text: reason, isOdd: true }],
  }));
}

function ofIncident(board: Board, run: BoardRun, now: Date): Subject {
  const { service, environment, workflowId, link } = run;
  if (!hasIncidentFacts(run)) return { ...ofRun(board, run, now), title: workflowId, word: 'incident' };
  return {
    id: workflowId,
    title: run.title,
    word: run.severity,
    link,
    facts: [
      { label: 'where', text: `${service} in ${environment}` },
      { label: 'since', text: sinceText(run, now) },
      { label: 'who', text: whoText(run, now), isOdd: run.acknowledged === null },
      { label: 'changed', text: changedText(run) },
      ...staleFacts(run, now),
    ],
    answers: stepsToTake(run, now).flatMap(({ name, what, command }) =>
      answersTo(`${name}: ${cutLine(what, maxStep)}`, command),
    ),
  };
}

function ofRun(board: Board, run: BoardRun, now: Date): Subject {
  const { service, environment, commit, workflowId, link } = run;
  // Then a release has nothing to say that its stop does not say itself.
  const isAtStop = waitsForStop(board, run);
  const to = run.stops ? run.stops.map(({ environment: stop }) => stop) : [environment];
  const what = commit === '' ? '' : `commit ${commit.slice(0, 12)}`;
  const by = run.requestedBy ? `by ${run.requestedBy}${run.reason ? `: ${run.reason}` : ''}` : '';
  const facts: Fact[] = [
    { label: 'what', text: [what, by].filter(Boolean).join(', ') },
    ...(asksPeople(board, run) ? [] : stepFacts(run, now)),
    ...(isAtStop ? [] : waitFacts(run, now)),
    ...(run.diagnosis ?? []).map(({ cause, fix }) => ({ label: 'cause', text: `${cause}; fix: ${fix}` })),
    ...staleFacts(run, now),
  ];
  return {
    id: workflowId,
    title: [`${kindOf(run)} ${service}`, ...to].filter(Boolean).join(' → '),
    word: isAtStop ? 'waits for its stop' : phaseWord(run),
    link,
    facts: facts.filter(({ text }) => text !== ''),
    answers: run.waitingFor && !isAtStop ? answersOf(run.waitingFor) : [],
  };
}

function staleFacts({ stale, outcome, asOf }: BoardRun, now: Date): Fact[] {
  if (!stale) return [];
  const since = asOf === null ? 'it has not reported anything yet' : `as of ${momentText(asOf, now)}`;
  return [{ label: 'stale', text: outcome ?? `it does not answer; ${since}` }];
}

/** Says at which step it is, and what that has seen so far. */
function stepFacts(run: BoardRun, now: Date): Fact[] {
  const { steps = [], startedAt } = run;
  const underWay = steps.find(({ state }) => state === 'running');
  const step = underWay && withProgress(underWay, run);
  if (!step) return [{ label: 'since', text: `started ${agoText(startedAt, now)}` }];
  const since = step.startedAt === null ? '' : `, since ${momentText(step.startedAt, now)}`;
  const seen = step.error ?? step.detail;
  const gates = (step.gates ?? []).filter(({ verdict }) => verdict !== 'pass');
  return [
    { label: 'step', text: `${step.name}${since}${seen ? `: ${seen}` : ''}` },
    ...gates.map(({ name, verdict, reason }) => ({
      label: 'gate',
      text: `${name} ${verdictWords[verdict]}: ${reason}`,
      isOdd: true,
    })),
  ];
}

function waitFacts({ waitingFor }: Pick<BoardRun, 'waitingFor'>, now: Date): Fact[] {
  if (!waitingFor) return [];
  const { what, since, until, who } = waitingFor;
  const end = until === null ? '' : `; until ${momentText(until, now)}`;
  return [
    { label: 'waits for', text: what },
    { label: 'since', text: `${momentText(since, now)} (${agoText(since, now)})${end}` },
    ...(who.length > 0 ? [{ label: 'who', text: who.join(', ') }] : []),
  ];
}

function ofParkedPlace(place: BoardPlace, now: Date): Subject {
  const { service, environment, link, state } = place;
  const { waitingFor } = knownStatus(place) ?? {};
  const memo = state.kind === 'silent' ? state.memo : null;
  const last = { label: 'waits for', text: memo?.waitingFor ?? '' };
  return {
    id: `${service}/${environment}`,
    title: `environment ${service} in ${environment}`,
    word: 'parked',
    link,
    facts: waitingFor ? waitFacts({ waitingFor }, now) : [last],
    answers: waitingFor ? answersOf(waitingFor) : answersTo('', memo?.next ? [memo.next] : []),
  };
}

function answersOf(waitingFor: NonNullable<BoardRun['waitingFor']>): Answer[] {
  const { choices = [] } = waitingFor;
  if (choices.length > 0)
    return choices.map(({ action, effect, command }) => ({ what: `${action}: ${effect}`, command }));
  return answersTo('', commandsToPaste(waitingFor));
}

/** The first of several commands says what they are for. */
function answersTo(what: string, commands: readonly string[]): Answer[] {
  if (commands.length === 0) return what === '' ? [] : [{ what, command: '' }];
  return commands.map((command, index) => ({ what: index === 0 ? what : '', command }));
}
