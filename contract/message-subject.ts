import type { EnvironmentStatus } from './environment.ts';
import { describeMeant, meantMitigation, type SaidOfMitigation } from './incident/meant-mitigation.ts';
import { severities, type Severity } from './incident/severity.ts';
import type { IncidentStatus } from './incident/status.ts';

/** The part of an environment's status that its messages are about. */
export type OperatedState = Pick<EnvironmentStatus, 'holder' | 'freeze' | 'stops' | 'holds' | 'drift'>;

/** Messages to an environment that are signed where approvals are. */
export const signedMessages = ['unfreeze', 'lift', 'adopt', 'breakLock', 'freeze'] as const;
export type SignedMessage = (typeof signedMessages)[number];

/** What a message says, as far as that decides what it would undo. */
interface Said {
  by: string;
  scope?: string | undefined;
  digest?: string | undefined;
  until?: string | undefined;
}

/**
 * Names what a message to an environment would undo, with the time since when that stands; null where there is nothing
 * to undo, so nothing to sign. A signature for it is good for nothing that comes later.
 */
export function subjectOf(message: SignedMessage, state: OperatedState, said: Said): string | null {
  return subjects[message](state, said);
}

const subjects: Record<SignedMessage, (state: OperatedState, said: Said) => string | null> = {
  unfreeze: ({ freeze, stops }, { scope }) => {
    const ended = scope === undefined ? freeze : stops.find((stop) => stop.scope === scope);
    return ended ? freezeSince(ended) : null;
  },
  lift: ({ holds }, { digest }) => {
    const lifted = holds.filter((hold) => digest === undefined || hold.digest === digest);
    const [first] = lifted;
    if (!first) return null;
    const last = lifted.reduce((latest, { since }) => (since > latest ? since : latest), first.since);
    return standingSince(lifted.length === 1 ? `hold of ${first.digest}` : `${lifted.length} holds`, last);
  },
  adopt: ({ drift }) => (drift ? standingSince('drift', drift.since) : null),
  breakLock: ({ holder }) => (holder ? `lock of change ${holder.change}, number ${holder.number}` : null),
  /** Another freeze in the place of one that is on would end that, if its own end came earlier. */
  freeze: ({ freeze, stops }, { scope, until = null }) => {
    const before = scope === undefined ? freeze : stops.find((stop) => stop.scope === scope);
    if (!before || before.scope !== scope || until === null) return null;
    const isShorter = before.until === null || Date.parse(until) < Date.parse(before.until);
    return isShorter ? freezeSince(before) : null;
  },
};

function freezeSince({ by, since }: { by: string; since: string }): string {
  return standingSince(`freeze by ${by}`, since);
}

/** Names a question about something parked, so that a signature for it is good for no later one about the same. */
export function parkedSubject(what: string, since: string): string {
  return standingSince(`${what}, parked`, since);
}

/** What an environment calls itself where a decision is about it. */
export const parkedEnvironment = 'the environment';

/** Names a matter with the moment as it is recorded: to a signature the same time in other words is another one. */
function standingSince(what: string, moment: string): string {
  return `${what}, since ${moment}`;
}

/** Messages to an incident that may end its freeze, or begin a change: signed where approvals are. */
const signedIncidentMessages = ['classify', 'mitigate', 'resolve'] as const;
export type SignedIncidentMessage = (typeof signedIncidentMessages)[number];

/** The part of an incident's status that its messages are about. */
export type IncidentSubject = Pick<
  IncidentStatus,
  'incident' | 'severity' | 'classifiedAt' | 'signedMessages' | 'proposal'
>;

/** Says whether a message to an incident can be one that is signed. */
export function isSignedIncidentMessage(message: string): message is SignedIncidentMessage {
  return signedIncidentMessages.some((name) => name === message);
}

/**
 * Names what a message to an incident would undo or begin; null where it does no harm, whoever sends it. To call an
 * incident graver only stops others; to call it less grave may end its freeze. Of a mitigation it names what begins: a
 * proposal that changes meanwhile makes it another one.
 */
export function incidentSubjectOf(
  message: SignedIncidentMessage,
  { incident, severity, classifiedAt, proposal, signedMessages = 0 }: IncidentSubject,
  said: SaidOfMitigation & { severity?: Severity | undefined },
): string | null {
  // What has counted once is about an earlier number.
  const signed = `signed message ${signedMessages + 1}`;
  if (message === 'resolve') return `end of incident ${incident}, ${signed}`;
  if (message === 'mitigate')
    return `mitigation of incident ${incident}: ${describeMeant(meantMitigation(proposal, said))}, ${signed}`;
  const isLess = said.severity !== undefined && severities.indexOf(said.severity) > severities.indexOf(severity);
  if (!isLess) return null;
  const matter = `${severity} of incident ${incident}`;
  return classifiedAt === null ? `${matter}, as it was opened` : standingSince(matter, classifiedAt);
}
