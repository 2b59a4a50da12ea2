import { workflowInfo } from '@temporalio/workflow';
import { describeCommit } from '../../contract/artifact.ts';
import { cutLine } from '../../contract/cut-line.ts';
import { adoptCommand } from '../../contract/drift.ts';
import {
  notificationKey,
  type EnvironmentEvent,
  type EnvironmentSubject,
  type Notification,
  type NotificationFact,
} from '../../contract/notification.ts';
import { isChangeEntry } from '../../contract/ledger.ts';
import { countOf } from '../../contract/plan.ts';
import type { WaitingFor } from '../../contract/status.ts';
import { slipwayCommand, unfreezeCommands, type OperatedPlace } from '../run/commands.ts';
import { now } from '../run/journal.ts';
import { choiceFacts } from '../run/notification-facts.ts';
import { mattersOf, type Matter } from './matters.ts';
import { isBefore } from './queue.ts';
import { ledgerOf } from './ledger-state.ts';
import type { EnvironmentState } from './state.ts';

const maxTextLength = 500;
const maxTitleLength = 200;
const maxDifferences = 10;

/** What is new of a matter: it began, or it is over. */
export type News =
  | { event: EnvironmentEvent; matter: Matter; state: EnvironmentState; at: string }
  | { event: 'decisionNeeded'; matter: Matter; waitingFor: WaitingFor }
  | { event: 'decisionTaken'; matter: Matter; answer: string };

/** What one event says besides the subject. */
type Words = Pick<Notification, 'what' | 'facts' | 'command'> & { standing: EnvironmentSubject['standing'] };

/** Writes what people are told of an environment. Its key is that of the fact, so that a repeat is recognised. */
export function notificationOf(news: News, place: OperatedPlace): Notification {
  const { event, matter } = news;
  const { service, environment } = place;
  const { what, facts, command, standing } = wordsOf(news, place);
  const id = `${service}-${environment}-${matter.id}`;
  return {
    key: notificationKey(id, event === firstOf(matter) ? 1 : 2, event),
    event,
    at: now(),
    subject: {
      kind: 'environment',
      id,
      workflowId: workflowInfo().workflowId,
      service,
      environment,
      matter: matter.kind,
      title: cutLine(matter.title, maxTitleLength),
      openedAt: matter.since,
      standing,
    },
    what: cutLine(what, maxTextLength),
    caution: null,
    facts: facts.map(({ name, text }) => ({ name, text: cutLine(text, maxTextLength) })),
    command,
  };
}

function firstOf({ kind }: Matter): Notification['event'] {
  return { freeze: 'freezeStarted', drift: 'driftFound', wait: 'decisionNeeded' }[kind] as Notification['event'];
}

function wordsOf(news: News, place: OperatedPlace): Words {
  const show = slipwayCommand('environment show', { environment: place.environment }, place.service);
  switch (news.event) {
    case 'freezeStarted':
      return {
        standing: 'frozen',
        what: news.matter.title,
        facts: whoIsThere(news.state),
        command: unfreezeCommand(news.matter, place) ?? show,
      };
    case 'freezeEnded':
      return { standing: 'over', what: endOfFreeze(news), facts: othersOf(news), command: show };
    case 'driftFound':
      return {
        standing: 'drifted',
        what: `what serves is not what should: ${news.matter.title}`,
        facts: differencesOf(news.state),
        command: adoptCommand(place.service, place.environment),
      };
    case 'driftGone':
      return { standing: 'over', what: endOfDrift(news), facts: [], command: show };
    case 'decisionNeeded':
      return {
        standing: 'waiting',
        what: `it waits for ${news.waitingFor.what}`,
        facts: [{ name: 'who', text: news.waitingFor.who.join(', ') }, ...choiceFacts(news.waitingFor)],
        command: show,
      };
    case 'decisionTaken':
      return { standing: 'over', what: news.answer, facts: [], command: show };
  }
}

/** Gives the command that ends a freeze; an incident's ends with that. */
function unfreezeCommand({ freeze }: Matter, place: OperatedPlace): string | undefined {
  if (!freeze) return undefined;
  const { by, of } = freeze;
  if (of === 'incident') return slipwayCommand('incident show', {}, by);
  const scope = of === 'everything' || of === 'service' ? { scope: of } : {};
  return unfreezeCommands(place, { by, ...scope })[1];
}

function whoIsThere({ holder, queue }: EnvironmentState): NotificationFact[] {
  return [
    ...(holder ? [{ name: 'under way', text: `${holder.kind} ${holder.change} of ${holder.owner}` }] : []),
    ...(queue.length > 0 ? [{ name: 'in the queue', text: countOf(queue.length, 'change') }] : []),
  ];
}

function othersOf({ matter, state, at }: { matter: Matter; state: EnvironmentState; at: string }): NotificationFact[] {
  const others = mattersOf(state, at).filter(({ id, kind }) => kind === 'freeze' && id !== matter.id);
  if (others.length === 0) return [{ name: 'now', text: 'changes may go on' }];
  return others.map(({ title }) => ({ name: 'still', text: title }));
}

function differencesOf({ drift }: EnvironmentState): NotificationFact[] {
  const { problems = [], serves = null } = drift ?? {};
  return [
    ...problems.slice(0, maxDifferences).map((text) => ({ name: 'difference', text })),
    ...(problems.length > maxDifferences
      ? [{ name: 'besides', text: countOf(problems.length - maxDifferences, 'difference') }]
      : []),
    ...(serves ? [{ name: 'serves', text: `${describeCommit(serves.commit)} (revision ${serves.revision})` }] : []),
    { name: 'or', text: 'roll back, or release: that ends it, too' },
  ];
}

function endOfFreeze({ matter, state, at }: { matter: Matter; state: EnvironmentState; at: string }): string {
  const { of, until = null } = matter.freeze ?? {};
  if (of === 'incident') return 'the incident freezes it no more';
  const entry = ledgerOf(state).findLast(
    (one) =>
      one.kind === 'unfreeze' &&
      !isBefore(one.at, matter.since) &&
      (one.scope ?? (one.windowEnd === null ? 'person' : 'window')) === of,
  );
  if (entry) return `${entry.outcome}: ${entry.reason}`;
  return until !== null && !isBefore(at, until) ? 'its time is over' : 'it is over';
}

function endOfDrift({ matter, state }: { matter: Matter; state: EnvironmentState }): string {
  const later = ledgerOf(state).filter(({ at }) => !isBefore(at, matter.since));
  const change = later.findLast(isChangeEntry);
  const adoption = later.slice(change ? later.indexOf(change) : 0).findLast(({ kind }) => kind === 'adopt');
  if (adoption) return `adopted by ${adoption.by}: ${adoption.reason}`;
  return change ? `gone with ${change.kind} ${change.change}: ${change.outcome}` : 'gone: what serves is what should';
}
