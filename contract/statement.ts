import { canonicalPerson } from './people.ts';

/**
 * Makes the text that a person signs: one `key: value` a line, so that the very text can be shown, read and signed with
 * OpenSSH's own tool.
 */

/** The namespace of our SSH signatures. One made for anything else (a commit, a file) does not count. */
export const signatureNamespace = 'slipway';

/** Lists what people are asked about: the plan, or the result of a step (a sign-off). */
export const questions = ['plan', 'migration', 'smoke'] as const;
export type Question = (typeof questions)[number];

export type ApprovalDecision = 'approve' | 'reject';

export interface ApprovalStatement {
  /** Names the installation, as `installationName` writes it; undefined for a run of an earlier version. */
  temporal?: string | undefined;
  change: string;
  service: string;
  environment: string;
  gate: Question;
  /** The full hash of the plan. */
  plan: string;
  decision: ApprovalDecision;
  by: string;
  /** `waitingFor.until` of the question: afterwards the signature is worth nothing. */
  expires: string;
}

/** A message to a run or an environment that is no approval, where approvals are signed. */
export interface MessageStatement {
  /** Names the installation, as `installationName` writes it. */
  temporal: string;
  workflowId: string;
  /** Name of the message. */
  message: string;
  /** What it is about, with the time since when that stands: the signature is good for nothing that comes later. */
  about: string;
  /** The payload but for who sends it and the signature. */
  says: Readonly<Record<string, unknown>>;
  by: string;
}

export interface RequestStatement {
  /** Names the installation, as `installationName` writes it. */
  temporal: string;
  /** Workflow type and id that are started. */
  workflow: string;
  workflowId: string;
  /** SHA-256 of the input as JSON with sorted keys and no blanks, without its field `request`. */
  input: string;
  by: string;
  expires: string;
}

/** Names a Temporal namespace so that no other has the name: the id tells it from one of another cluster. */
export function installationName(namespace: string, namespaceId: string): string {
  return `${namespace}/${namespaceId}`;
}

/**
 * Writes the text that an approval or a rejection signs. An address's spelling does not change it. Version 1 names no
 * installation; runs of that time go on with it.
 */
export function approvalStatement({
  temporal,
  change,
  service,
  environment,
  gate,
  plan,
  decision,
  by,
  expires,
}: ApprovalStatement): string {
  return statement(temporal === undefined ? 'slipway approval v1' : 'slipway approval v2', {
    ...(temporal !== undefined && { temporal }),
    change,
    service,
    environment,
    gate,
    plan,
    decision,
    by: canonicalPerson(by),
    expires,
  });
}

/** Writes the text that the sender of a message signs which is no approval. */
export function messageStatement({ temporal, workflowId, message, about, says, by }: MessageStatement): string {
  const said = Object.entries(says)
    .filter(([key, value]) => value !== undefined && !['by', 'signature'].includes(key))
    .map(([key, value]): [string, string] => [key, String(value)])
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return statement('slipway message v2', {
    temporal,
    'workflow-id': workflowId,
    message,
    about,
    ...Object.fromEntries(said),
    by: canonicalPerson(by),
  });
}

/** Writes the text that the requester of a change signs. */
export function requestStatement({ temporal, workflow, workflowId, input, by, expires }: RequestStatement): string {
  return statement('slipway request v2', {
    temporal,
    workflow,
    'workflow-id': workflowId,
    input,
    by: canonicalPerson(by),
    expires,
  });
}

/**
 * Puts a pasted SSH signature into the armour that `ssh-keygen` writes and reads; undefined if it is none. Lost line
 * breaks or armour do not matter.
 */
export function armored(pasted: string): string | undefined {
  const body = pasted
    .replace(/-----(BEGIN|END) SSH SIGNATURE-----/g, '')
    .replace(/\\[rn]/g, '')
    .replace(/\s/g, '');
  // Every signature begins with the six letters SSHSIG (PROTOCOL.sshsig).
  if (!/^U1NIU0lH[A-Za-z0-9+/]{40,8000}={0,2}$/.test(body)) return undefined;
  return ['-----BEGIN SSH SIGNATURE-----', ...(body.match(/.{1,70}/g) ?? []), '-----END SSH SIGNATURE-----', ''].join(
    '\n',
  );
}

function statement(title: string, fields: Record<string, string>): string {
  return [title, ...Object.entries(fields).map(([key, value]) => `${key}: ${oneLine(value)}`), ''].join('\n');
}

/** Puts a value on one line, so that it cannot begin a line of its own. */
function oneLine(value: string): string {
  return value.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}
