import { adoptCommand, type DriftReport } from '../../contract/drift.ts';
import { enableCommand } from '../../contract/disabled-traffic.ts';
import { describeCommit } from '../../contract/artifact.ts';
import { cutLine } from '../../contract/cut-line.ts';
import type { ServingRevision } from '../../contract/live.ts';
import { disabledText, freezeText, goodText, nextText, runsText } from '../view/environment.ts';
import { servingFacts } from '../view/drift.ts';
import { agoText, momentText } from '../view/time.ts';
import { knownStatus, ofPlace, type Board, type BoardPlace, type BoardRun, type KnownStatus } from './board.ts';

/** The whole reason stands with the change that ended so. */
const maxReason = 140;

/** One line of a place: what it is about, and what is known. */
export interface Fact {
  label: string;
  text: string;
  /** Marks what a person should look at. */
  isOdd?: boolean;
  /** A command to paste. */
  command?: string;
}

/** Tells of a place what users get, what is recorded, what keeps releases away, and what is not known. */
export function placeFacts(board: Board, place: BoardPlace, now: Date): Fact[] {
  const known = knownStatus(place);
  const runs = ofPlace(board.runs, place);
  return [
    ...servesFacts(board, place, known, runs, now),
    ...recordedFacts(place, known, now),
    ...holderFacts(known, now),
    ...freezeFacts(known, now),
    ...holdFacts(known, now),
    ...driftFacts(place, known),
    ...disabledFacts(place, known, now),
    ...silentFacts(place, now),
  ];
}

function servesFacts(
  { silence }: Board,
  { platform, state, unusable }: BoardPlace,
  known: KnownStatus | null,
  runs: readonly BoardRun[],
  now: Date,
): Fact[] {
  if (!platform && unusable !== null)
    return [{ label: 'catalog', text: `cannot be used on this machine: ${unusable}` }];
  if (!platform) {
    const why = silence === null ? 'the platform is being asked' : 'the platform cannot be asked without a worker';
    return state.kind === 'unused' && silence !== null ? [] : [{ label: 'serves', text: `not known yet: ${why}` }];
  }
  const { at, answer } = platform;
  const asked = `asked ${agoText(at, now)}`;
  if (typeof answer === 'string') return [{ label: 'serves', text: `not known: ${answer} (${asked})`, isOdd: true }];
  const isRecorded = servesAsRecorded(answer, known);
  const [first, ...others] = servingFacts(answer).map(([label, text]) => ({ label, text }));
  const origins = (answer.serving ?? []).map((share) => originOf(share, known, runs, now)).filter(Boolean);
  return [
    ...(first ? [{ ...first, text: `${first.text}${isRecorded ? ', as recorded' : ''}; ${asked}` }] : []),
    ...others.filter(({ label }) => label === 'serves'),
    ...origins.map((text) => ({ label: 'since', text })),
    ...(isRecorded || !known?.runs ? [] : [{ label: 'but', text: 'this is not what is recorded', isOdd: true }]),
    ...others.filter(({ label }) => label !== 'serves'),
    ...answer.problems.map((text) => ({ label: 'differs', text, isOdd: true })),
  ];
}

/** Says whether all users get what the ledger has. */
function servesAsRecorded({ serving = [] }: DriftReport, known: KnownStatus | null): boolean {
  return serving.length > 0 && serving.every(({ digest }) => digest === known?.runs?.digest);
}

/** Says since when a revision serves and by whom, by the ledger or the change at work; empty where no ledger is. */
function originOf(share: ServingRevision, known: KnownStatus | null, runs: readonly BoardRun[], now: Date): string {
  const recorded = known?.runs;
  if (recorded?.digest === share.digest) {
    const { again, by, change } = recorded;
    const since = again?.since ?? recorded.since;
    const how = again ? `, when change ${again.change} was taken back; released by ${by}` : `, by ${by}`;
    return `${momentText(since, now)} (${agoText(since, now)})${how}${change && ` (change ${change})`}`;
  }
  const bringing = runs.find(({ digest }) => digest === share.digest);
  const shifted = bringing?.steps?.find(({ name }) => name === 'shift')?.startedAt;
  if (!bringing || !shifted) return recorded ? 'not known: the ledger has not brought it' : '';
  const who = `by ${bringing.requestedBy} (${bringing.kind} ${bringing.change}, which is not done yet)`;
  return `${momentText(shifted, now)} (${agoText(shifted, now)}), ${who}`;
}

/** What is recorded stands there where it is not what serves, or nobody knows what serves. */
function recordedFacts({ platform }: BoardPlace, known: KnownStatus | null, now: Date): Fact[] {
  if (!known) return [];
  const { runs, lastKnownGood } = known;
  const isSame = typeof platform?.answer === 'object' && servesAsRecorded(platform.answer, known);
  const isGood = runs?.digest === lastKnownGood?.digest && (lastKnownGood?.skipped ?? []).length === 0;
  return [
    ...(isSame ? [] : [{ label: 'recorded', text: runsText(runs, now) }]),
    ...(runs && !runs.certain ? [{ label: '', text: 'it is unknown what a later change left', isOdd: true }] : []),
    ...(lastKnownGood && !isGood ? [{ label: 'last good', text: goodText(lastKnownGood, now) }] : []),
  ];
}

function holderFacts(known: KnownStatus | null, now: Date): Fact[] {
  const { holder, queue = [], waitingFor } = known ?? {};
  const parked = waitingFor && waitingFor.kind !== 'freeze' ? [{ label: 'waits for', text: waitingFor.what }] : [];
  return [
    ...(holder
      ? [{ label: 'held by', text: `${holder.kind} of ${holder.owner}, since ${momentText(holder.since, now)}` }]
      : []),
    ...parked,
    ...queue.map(({ kind, owner, since, waitsFor }, index) => ({
      label: `queue ${index + 1}`,
      text: `${kind} of ${owner}, since ${momentText(since, now)}${waitsFor ? `; waits for ${waitsFor}` : ''}`,
    })),
  ];
}

function freezeFacts(known: KnownStatus | null, now: Date): Fact[] {
  const { freeze, stops = [], nextFreeze, waitingFor } = known ?? {};
  const others = stops.filter(({ scope }) => scope !== freeze?.scope);
  const end =
    waitingFor?.kind === 'freeze' ? waitingFor.commands.find((one) => one.startsWith('./slipway')) : undefined;
  return [
    ...(freeze ? [{ label: 'frozen', text: freezeText(freeze, now), isOdd: true, ...(end && { command: end }) }] : []),
    ...others.map((stop) => ({ label: 'frozen', text: freezeText(stop, now), isOdd: true })),
    ...(nextFreeze ? [{ label: 'next', text: nextText(nextFreeze, now) }] : []),
  ];
}

function holdFacts(known: KnownStatus | null, now: Date): Fact[] {
  return (known?.holds ?? []).map(({ commit, since, reason }) => ({
    label: 'on hold',
    text: `${describeCommit(commit)} since ${momentText(since, now)}: ${cutLine(reason, maxReason)}`,
    isOdd: true,
  }));
}

function driftFacts({ service, environment }: BoardPlace, known: KnownStatus | null): Fact[] {
  return (known?.drift?.problems ?? []).map((text, index) => ({
    ...{ label: 'drift', text, isOdd: true },
    ...(index === 0 && { command: adoptCommand(service, environment) }),
  }));
}

function disabledFacts({ service, environment }: BoardPlace, known: KnownStatus | null, now: Date): Fact[] {
  return (known?.disabledTraffic ?? []).map((one) => ({
    label: 'disabled',
    text: disabledText(one, now),
    isOdd: true,
    command: enableCommand(service, environment, one.switch),
  }));
}

/** Says why it is stale, from when all else is, and what cannot be known. */
function silentFacts({ state }: BoardPlace, now: Date): Fact[] {
  if (state.kind !== 'silent') return [];
  const { reason, memo, known } = state;
  const asOf = known ? `; as of ${momentText(known.asOf, now)}, by ${known.from}` : '';
  const wait = memo && memo.waitingFor !== '' ? [{ label: 'waits for', text: memo.waitingFor }] : [];
  const unknown = known?.from === 'the environment' ? [] : ['freezes, queue and who holds it are not known'];
  const written = memo?.asOf ? [`its last word was ${memo.phase}, at ${momentText(memo.asOf, now)}`] : [];
  return [...wait, { label: 'stale', text: [`${reason}${asOf}`, ...written, ...unknown].join('; ') }];
}
