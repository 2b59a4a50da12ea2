import { canonicalPerson } from './people.ts';

/**
 * What a person signs: plain text, one `key: value` a line, so that the very text can be shown, read and signed with
 * OpenSSH's own tool.
 */

/** Namespace of our SSH signatures: one made for anything else (a commit, a file) does not count. */
export const signatureNamespace = 'slipway';

/** What people are asked about: the plan, or the result of a step (a sign-off). */
export const questions = ['plan', 'migration', 'smoke'] as const;
export type Question = (typeof questions)[number];

export type ApprovalDecision = 'approve' | 'reject';

export interface ApprovalStatement {
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

export interface RequestStatement {
  /** Workflow type and id that are started. */
  workflow: string;
  workflowId: string;
  /** SHA-256 of the input as JSON with sorted keys and no blanks, without its field `request`. */
  input: string;
  by: string;
  expires: string;
}

/** The text that an approval or a rejection signs. Nobody's spelling of an address changes it. */
export function approvalStatement({
  change,
  service,
  environment,
  gate,
  plan,
  decision,
  by,
  expires,
}: ApprovalStatement): string {
  return statement('slipway approval v1', {
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

/** The text that who starts a change signs. */
export function requestStatement({ workflow, workflowId, input, by, expires }: RequestStatement): string {
  return statement('slipway request v1', {
    workflow,
    'workflow-id': workflowId,
    input,
    by: canonicalPerson(by),
    expires,
  });
}

/**
 * An armored SSH signature as `ssh-keygen` writes and reads it. What a form or JSON made of the line breaks does not
 * matter, nor whether the armour is there. Undefined when it is no signature at all.
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

/** No value can begin a line of its own. */
function oneLine(value: string): string {
  return value.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}
