import { changedText, isIncident, sinceText, stepsToTake, whoText } from '../view/incident.ts';
import { commandsToPaste } from '../view/status.ts';
import { agoText, momentText } from '../view/time.ts';
import { knownStatus, type Board, type BoardPlace, type BoardRun } from './board.ts';
import type { Fact } from './facts.ts';
import { asksPeople, kindOf } from './states.ts';

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

/** Lists the incidents that are open: since when, who is on it, what had changed, what to do next. */
export function openIncidents({ incidents }: Board, now: Date): Subject[] {
  return incidents.map((run) => {
    const { service, environment, workflowId, link } = run;
    const where = { label: 'where', text: `${service} in ${environment}` };
    if (!isIncident(run)) return { ...ofRun(run, now), id: workflowId, title: workflowId, word: 'incident' };
    const steps = stepsToTake(run, now);
    return {
      id: workflowId,
      title: run.title,
      word: run.severity,
      link,
      facts: [
        where,
        { label: 'since', text: sinceText(run, now) },
        { label: 'who', text: whoText(run, now), isOdd: run.acknowledged === null },
        { label: 'changed', text: changedText(run) },
      ],
      answers: steps.flatMap(({ what, command }) => answersTo(what, command)),
    };
  });
}

/** Lists what waits for a person: runs, and environments that are parked. */
export function waitsForPeople({ runs, places }: Board, now: Date): Subject[] {
  const parked = places.filter((place) => knownStatus(place)?.phase === 'parked');
  return [
    ...runs.filter(asksPeople).map((run) => ofRun(run, now)),
    ...parked.map((place) => ofPlaceThatAsks(place, now)),
  ];
}

/** Lists the changes that go on by themselves. */
export function movingRuns({ runs }: Board, now: Date): Subject[] {
  return runs.filter((run) => !asksPeople(run)).map((run) => ofRun(run, now));
}

function ofRun(run: BoardRun, now: Date): Subject {
  const { service, environment, commit, workflowId, link, phase, stale, asOf } = run;
  const to = run.stops ? run.stops.map(({ environment: stop }) => stop) : [environment];
  const what = commit === '' ? '' : `commit ${commit.slice(0, 12)}`;
  const by = run.requestedBy ? `by ${run.requestedBy}${run.reason ? `: ${run.reason}` : ''}` : '';
  const facts: Fact[] = [
    { label: 'what', text: [what, by].filter(Boolean).join(', ') },
    ...(asksPeople(run) ? [] : stepFacts(run, now)),
    ...waitFacts(run, now),
    ...(run.diagnosis ?? []).map(({ cause, fix }) => ({ label: 'cause', text: `${cause}; fix: ${fix}` })),
    ...(stale ? [{ label: 'stale', text: staleText(run, asOf, now), isOdd: true }] : []),
  ];
  return {
    id: workflowId,
    title: [`${kindOf(run)} ${service}`, ...to].filter(Boolean).join(' → '),
    word: phase,
    link,
    facts: facts.filter(({ text }) => text !== ''),
    answers: run.waitingFor ? answersOf(run.waitingFor) : [],
  };
}

function staleText({ outcome }: BoardRun, asOf: string | null, now: Date): string {
  if (outcome) return outcome;
  return `no worker answers; ${asOf === null ? 'it has not reported anything yet' : `as of ${momentText(asOf, now)}`}`;
}

/** Says at which step it is, and what that has seen so far. */
function stepFacts({ steps = [], startedAt }: BoardRun, now: Date): Fact[] {
  const step = steps.find(({ state }) => state === 'running');
  if (!step) return [{ label: 'since', text: `started ${agoText(startedAt, now)}` }];
  const since = step.startedAt === null ? '' : `, since ${momentText(step.startedAt, now)}`;
  const seen = step.error ?? step.detail;
  const gates = (step.gates ?? []).filter(({ verdict }) => verdict !== 'pass');
  return [
    { label: 'step', text: `${step.name}${since}${seen ? `: ${seen}` : ''}` },
    ...gates.map(({ name, verdict, reason }) => ({
      label: 'gate',
      text: `${name}, ${verdict}: ${reason}`,
      isOdd: true,
    })),
  ];
}

function waitFacts({ waitingFor }: BoardRun, now: Date): Fact[] {
  if (!waitingFor || waitingFor.kind === 'child') return [];
  const { what, since, until, who } = waitingFor;
  const end = until === null ? '' : `; until ${momentText(until, now)}`;
  return [
    { label: 'waits for', text: what },
    { label: 'since', text: `${momentText(since, now)} (${agoText(since, now)})${end}` },
    ...(who.length > 0 ? [{ label: 'who', text: who.join(', ') }] : []),
  ];
}

function ofPlaceThatAsks(place: BoardPlace, now: Date): Subject {
  const { service, environment, link } = place;
  const { waitingFor } = knownStatus(place) ?? {};
  return {
    id: `${service}/${environment}`,
    title: `environment ${service} in ${environment}`,
    word: 'parked',
    link,
    facts: waitingFor
      ? [
          { label: 'waits for', text: waitingFor.what },
          { label: 'since', text: `${momentText(waitingFor.since, now)} (${agoText(waitingFor.since, now)})` },
          { label: 'who', text: waitingFor.who.join(', ') },
        ]
      : [],
    answers: waitingFor ? answersOf(waitingFor) : [],
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
