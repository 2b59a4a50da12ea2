import type {
  Freeze,
  FrozenTime,
  Grant,
  HandOver,
  Hold,
  JoinAnswer,
  JoinRequest,
  LedgerEntry,
  Ticket,
} from '../../contract/environment.ts';
import type { Marker } from '../../contract/fence.ts';
import { holdsOf } from '../../contract/holds.ts';
import { inlineOf } from '../../contract/ledger.ts';

/** What an environment carries through continue-as-new; JSON-safe. */
export interface EnvironmentState {
  /** Raised with every grant: the first half of every fence (invariant I3). */
  number: number;
  holder: (Ticket & { number: number }) | null;
  queue: Ticket[];
  freeze: Freeze | null;
  holds: Hold[];
  ledger: LedgerEntry[];
  /** Left by a change that was pre-empted, for the next holder. */
  handOver: HandOver | null;
  /** The catalog's window that is on, or the next one; and what it was computed from. */
  window?: FrozenTime | null;
  windows?: string;
  /** End of the last occurrence of a window that a person has ended. */
  windowEnded?: string | null;
  /** Whether runs are told of freezes: not by an environment that was begun by older code, until it is frozen again. */
  watched?: boolean;
  /** The holder that was told of a freeze, so that it is told of the end, too. */
  told?: { number: number; since: string } | null;
  /**
   * Set while it is not known whether a holder of a terminated environment left something running: until then nothing
   * is granted.
   */
  unsettled?: boolean;
  /** The last writer at the target, when no ledger entry tells of its end: who held a terminated environment. */
  forgotten?: Marker | null;
  /** A holder whose lock a person has broken, until it has been looked after. */
  broken?: { number: number; why: string } | null;
  refused: { count: number; last: { at: string; message: string; by: string; reason: string }[] };
}

export function freshState(
  ledger: LedgerEntry[],
  highestNumber: number,
  forgotten: Marker | null = null,
): EnvironmentState {
  const unsettled = highestNumber > 0;
  return {
    number: highestNumber,
    holder: null,
    queue: [],
    freeze: frozenBy(ledger),
    windowEnded: endedWindow(ledger),
    holds: holdsOf(ledger),
    ledger: inlineOf(ledger),
    handOver: null,
    unsettled,
    forgotten,
    refused: { count: 0, last: [] },
  };
}

/** A window ends once for an environment, also when it is terminated meanwhile. */
function endedWindow(ledger: LedgerEntry[]): string | null {
  return ledger.findLast(({ kind, until }) => kind === 'unfreeze' && until)?.until ?? null;
}

/** The last freeze that nobody has ended, as the stored ledger has it. */
function frozenBy(ledger: LedgerEntry[]): Freeze | null {
  const last = ledger.findLast(({ kind }) => kind === 'freeze' || kind === 'unfreeze');
  return last?.kind === 'freeze'
    ? { by: last.by, reason: last.reason, since: last.at, until: last.until ?? null }
    : null;
}

/**
 * A ticket in the queue: a rollback before all others, then who comes back with a plan that was made void, then in
 * order of arrival. Asking again answers the same.
 */
export function join(state: EnvironmentState, request: JoinRequest, at: string): JoinAnswer {
  const known = state.holder?.change === request.change || state.queue.some(({ change }) => change === request.change);
  if (!known) {
    const place = state.queue.findIndex((ticket) => rank(ticket) > rank(request));
    state.queue.splice(place < 0 ? state.queue.length : place, 0, { ...request, position: 0, since: at });
    renumber(state);
  }
  // Only to itself: whoever is granted by somebody else's message has to be told, and that is the keeper's loop.
  if (state.queue[0]?.change === request.change) grantNext(state, at);
  const ticket = state.queue.find(({ change }) => change === request.change);
  const freeze = ticket && ticket.kind !== 'rollback' ? currentFreeze(state, at) : null;
  return {
    grant: grantOf(state, request.change),
    holds: state.holds,
    ahead: ahead(state, request.change),
    freeze,
    since: ticket?.since,
  };
}

/** The grant of a change, if it holds the environment. */
export function grantOf(state: EnvironmentState, change: string): Grant | null {
  return state.holder?.change === change ? { change, number: state.holder.number, handOver: state.handOver } : null;
}

/** Whether a ticket could be granted now. */
export function isGrantable(state: EnvironmentState, at: string): boolean {
  return state.holder === null && !state.unsettled && nextIndex(state, at) >= 0;
}

/** Grants to the first ticket when nobody holds the environment; a freeze stops all but a rollback (invariant I6). */
export function grantNext(state: EnvironmentState, at: string): Ticket | null {
  if (state.holder || state.unsettled) return null;
  const index = nextIndex(state, at);
  const [next] = index < 0 ? [] : state.queue.splice(index, 1);
  if (!next) return null;
  state.number += 1;
  state.holder = { ...next, number: state.number };
  renumber(state);
  return next;
}

/** A rollback that waits for a holder which may be pre-empted; rollbacks do not pre-empt each other (invariant I6). */
export function mustYield({ holder, queue }: EnvironmentState): boolean {
  return holder !== null && holder.kind !== 'rollback' && queue.some(({ kind }) => kind === 'rollback');
}

/** Takes a change out of the environment, holder or waiting. */
export function depart(state: EnvironmentState, change: string): void {
  if (state.holder?.change === change) state.holder = null;
  state.queue = state.queue.filter((ticket) => ticket.change !== change);
  renumber(state);
}

/** The freeze that is on, a person's before the catalog's; null when there is none. */
export function currentFreeze({ freeze, window }: EnvironmentState, at: string): Freeze | null {
  if (freeze && (freeze.until === null || isBefore(at, freeze.until))) return freeze;
  if (!window || isBefore(at, window.since) || !isBefore(at, window.until)) return null;
  return { by: 'the catalog', reason: `${window.name}: ${window.reason}`, since: window.since, until: window.until };
}

export function isFrozen(state: EnvironmentState, at: string): boolean {
  return currentFreeze(state, at) !== null;
}

/** Of two times; people write theirs with another offset or with fewer digits. */
export function isBefore(a: string, b: string): boolean {
  return Date.parse(a) < Date.parse(b);
}

/** A hold on an artifact; one is enough. */
export function hold(state: EnvironmentState, added: Hold): void {
  if (!state.holds.some(({ digest }) => digest === added.digest)) state.holds.push(added);
}

export function remember(state: EnvironmentState, entry: LedgerEntry): void {
  if (state.ledger.some(({ hash }) => hash === entry.hash)) return;
  state.ledger = inlineOf([...state.ledger, entry]);
}

function nextIndex(state: EnvironmentState, at: string): number {
  const frozen = isFrozen(state, at);
  return state.queue.findIndex(({ kind }) => kind === 'rollback' || !frozen);
}

function renumber({ queue }: EnvironmentState): void {
  queue.forEach((ticket, position) => Object.assign(ticket, { position }));
}

function rank({ kind, returning }: JoinRequest): number {
  return kind === 'rollback' ? 0 : returning ? 1 : 2;
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

/** What a ticket waits for, in words. */
export function waitsFor(state: EnvironmentState, { kind, position }: Ticket, at: string): string {
  const { holder, queue } = state;
  const freeze = kind === 'rollback' ? null : currentFreeze(state, at);
  const before = queue.slice(0, position).length;
  const parts = [
    ...(freeze ? [`the end of the freeze of ${freeze.by}`] : []),
    ...(holder
      ? [
          `${holder.kind} ${holder.change} of ${holder.owner} to ${kind === 'rollback' && mustYield(state) ? 'yield' : 'leave'}`,
        ]
      : []),
    ...(before > 0 ? [`${before} before it`] : []),
  ];
  return parts.join(', then ') || 'the environment to be looked at';
}
