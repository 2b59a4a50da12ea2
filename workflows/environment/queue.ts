import type { EnvironmentLease } from '../../contract/bells.ts';
import {
  isRollbackClass,
  freezerOf,
  type Freeze,
  type Grant,
  type Hold,
  type JoinAnswer,
  type JoinRequest,
  type MitigationRun,
  type Ticket,
} from '../../contract/environment.ts';
import { inlineOf } from '../../contract/ledger-inline.ts';
import { withHold } from '../../contract/ledger-memory.ts';
import type { LedgerEntry } from '../../contract/ledger.ts';
import { isBacklogFull } from './ledger-state.ts';
import type { EnvironmentState } from './state.ts';

/** Repeats of `leave` come within minutes; older departures are forgotten. */
const maxDepartures = 20;
/** An incident has one mitigation at a time, and few incidents are open at once. */
const maxMitigations = 20;

/**
 * Puts a change into the queue: rollbacks first, then others of their class and mitigations of incidents, then changes
 * that come back, then in order of arrival. Asking again answers the same.
 */
export function join(state: EnvironmentState, request: JoinRequest, at: string): JoinAnswer {
  const isKnown = knowsChange(state, request.change);
  if (!isKnown) {
    const place = state.queue.findIndex((other) => rank(state, other) > rank(state, request));
    state.queue.splice(place < 0 ? state.queue.length : place, 0, { ...request, position: 0, since: at });
    renumber(state);
  }
  // Only to itself: whoever is granted by somebody else's message has to be told, and that is the keeper's loop.
  if (state.queue[0]?.change === request.change) grantNext(state, at);
  const waiting = state.queue.find(({ change }) => change === request.change);
  const freeze = waiting ? freezeFor(state, waiting, at) : null;
  const store = waiting && storeWaitOf(state, waiting);
  return {
    grant: grantOf(state, request.change),
    holds: state.holds.filter(({ digest }) => digest === request.digest),
    ahead: ahead(state, request.change),
    freeze,
    since: waiting?.since ?? null,
    ...(store && { store }),
  };
}

/** Says whether a change holds the environment or waits for it. */
export function knowsChange({ holder, queue }: EnvironmentState, change: string): boolean {
  return holder?.change === change || queue.some((waiting) => waiting.change === change);
}

/** The grant of a change, if it holds the environment. */
export function grantOf(state: EnvironmentState, change: string): Grant | null {
  return state.holder?.change === change ? { change, number: state.holder.number, handOver: state.handOver } : null;
}

/** The ticket that could be granted now: the first that no freeze stops. */
export function grantable(state: EnvironmentState, at: string): Ticket | null {
  if (state.holder || state.unverified) return null;
  return (
    state.queue.find((ticket) => freezeFor(state, ticket, at) === null && storeWaitOf(state, ticket) === null) ?? null
  );
}

/**
 * Says what a ticket waits for at the store of the ledger; null for nothing. Only an environment that begins without
 * its ledger lets it wait, since it knows no freezes and holds, or one that can keep no more. None of rollback class
 * waits.
 */
function storeWaitOf(state: EnvironmentState, ticket: Named): string | null {
  if (passesFreezes(state, ticket)) return null;
  if (state.unread) return `its stored ledger, which cannot be read: ${state.unread.why}`;
  return isBacklogFull(state) ? 'the store of the ledger: no more entries can be kept here' : null;
}

/** Notes the mitigation of an incident, or that it has none any more; one that waits gets its place in the queue. */
export function setMitigation(state: EnvironmentState, incident: string, change: string | null): void {
  const others = state.mitigations.filter((one) => one.incident !== incident);
  state.mitigations = [...others, ...(change === null ? [] : [{ incident, change }])].slice(-maxMitigations);
  state.queue.sort((a, b) => rank(state, a) - rank(state, b));
  renumber(state);
}

/** Answers the freeze that stops a ticket; none stops one of rollback class (invariant I6) or a mitigation. */
function freezeFor(state: EnvironmentState, ticket: Named, at: string): Freeze | null {
  return passesFreezes(state, ticket) ? null : currentFreeze(state, at);
}

function passesFreezes(state: EnvironmentState, ticket: Named): boolean {
  return isRollbackClass(ticket.kind) || isMitigation(state, ticket);
}

type Named = Pick<JoinRequest, 'kind' | 'change'>;

/** Says whether a change is a mitigation: its incident was asked, and the change itself was not. */
export function isMitigation({ mitigations }: { mitigations: MitigationRun[] }, { change }: Named): boolean {
  return mitigations.some((one) => one.change === change);
}

/** Grants to the first ticket that may have the environment. */
export function grantNext(state: EnvironmentState, at: string): Ticket | null {
  const next = grantable(state, at);
  if (!next) return null;
  state.queue = state.queue.filter((waiting) => waiting !== next);
  state.number += 1;
  state.holder = { ...next, number: state.number };
  state.departures = state.departures.filter(({ change }) => change !== next.change);
  renumber(state);
  return next;
}

/** The rollback that the holder must yield to; rollbacks do not pre-empt each other (invariant I6). */
export function waitingRollback({ holder, queue }: EnvironmentState): Ticket | null {
  if (holder === null || holder.kind === 'rollback') return null;
  return queue.find(({ kind }) => kind === 'rollback') ?? null;
}

/** Answers the runs that a bell made ask: who holds the environment, and what stops that holder. */
export function leaseOf(state: EnvironmentState, at: string): EnvironmentLease {
  const { holder } = state;
  const rollback = waitingRollback(state);
  return {
    holder: holder && {
      change: holder.change,
      number: holder.number,
      passesFreezes: passesFreezes(state, holder),
    },
    rollback: rollback && { change: rollback.change, by: rollback.owner, reason: rollback.reason },
    freeze: currentFreeze(state, at),
  };
}

/** Takes a change out of the environment, holder or waiting. */
export function removeTicket(state: EnvironmentState, change: string): void {
  const { holder } = state;
  if (holder?.change === change)
    state.departures = [...state.departures, { change, number: holder.number }].slice(-maxDepartures);
  if (state.holder?.change === change) state.holder = null;
  state.queue = state.queue.filter((ticket) => ticket.change !== change);
  renumber(state);
}

/** The freeze that is on: a person's, else a stop's, an incident's or the catalog's; null when there is none. */
export function currentFreeze(state: EnvironmentState, at: string): Freeze | null {
  const { freeze, incidents, window } = state;
  if (freeze && isOn(freeze, at)) return freeze;
  const [stop] = stopsAt(state, at);
  if (stop) return stop;
  const [incident] = incidents;
  if (incident) return { by: incident.workflowId, reason: incident.reason, since: incident.since, until: null };
  if (!window || isBefore(at, window.since) || !isBefore(at, window.until)) return null;
  return { by: 'the catalog', reason: `${window.name}: ${window.reason}`, since: window.since, until: window.until };
}

/** The stops of the line that are on. */
export function stopsAt({ stops }: EnvironmentState, at: string): Freeze[] {
  return stops.filter((stop) => isOn(stop, at));
}

/** Says whether a freeze with an end, or without one, is on at a moment. */
export function isOn({ until }: Freeze, at: string): boolean {
  return until === null || isBefore(at, until);
}

export function isFrozen(state: EnvironmentState, at: string): boolean {
  return currentFreeze(state, at) !== null;
}

/** Compares two times. People write theirs with another offset or with fewer digits. */
export function isBefore(a: string, b: string): boolean {
  return Date.parse(a) < Date.parse(b);
}

/** Adds a hold on an artifact; one is enough. */
export function addHold(state: EnvironmentState, added: Hold): void {
  state.holds = withHold(state.holds, added);
}

/** Appends an entry to what stays inline; the same one only once. */
export function appendEntry(state: EnvironmentState, entry: LedgerEntry): void {
  if (state.ledger.some(({ hash }) => hash === entry.hash)) return;
  state.ledger = inlineOf([...state.ledger, entry]);
}

function renumber({ queue }: EnvironmentState): void {
  queue.forEach((ticket, position) => Object.assign(ticket, { position }));
}

function rank(state: EnvironmentState, ticket: JoinRequest): number {
  if (ticket.kind === 'rollback') return 0;
  if (passesFreezes(state, ticket)) return 1;
  return ticket.returning ? 2 : 3;
}

function ahead({ holder, queue }: EnvironmentState, change: string): JoinAnswer['ahead'] {
  if (holder?.change === change) return [];
  const before = queue.slice(
    0,
    Math.max(
      0,
      queue.findIndex((ticket) => ticket.change === change),
    ),
  );
  return [...(holder ? [holder] : []), ...before].map(({ change: id, kind, owner, workflowId }) => ({
    change: id,
    kind,
    owner,
    workflowId,
  }));
}

/** Says in words what a ticket waits for. */
export function waitsFor(state: EnvironmentState, ticket: Ticket, at: string): string {
  const { kind, position } = ticket;
  const { holder, queue } = state;
  const freeze = freezeFor(state, ticket, at);
  const before = queue.slice(0, position).length;
  const end = kind === 'rollback' && waitingRollback(state) ? 'yield' : 'leave';
  const store = storeWaitOf(state, ticket);
  const parts = [
    ...(store ? [store] : []),
    ...(freeze ? [`the end of the freeze of ${freezerOf(freeze)}`] : []),
    ...(holder ? [`${holder.kind} ${holder.change} of ${holder.owner} to ${end}`] : []),
    ...(before > 0 ? [`${before} before it`] : []),
  ];
  return parts.join(', then ') || 'the environment to be checked';
}
