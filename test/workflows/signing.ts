import { randomUUID } from 'node:crypto';
import { inputDigest } from '../../activities/people/requests.ts';
import { approvalStatement, requestStatement, type ApprovalStatement } from '../../contract/statement.ts';
import type { ChangeStatus } from '../../contract/status.ts';
import { keys } from '../approvals/keys.ts';
import type { ChangeHandle, Start } from './harness.ts';
import { dataOwner, deputy, developer, fakeSignature, noApprovals, owner, testInstallation } from './world.ts';

/** People with keys, and what they sign: the signatures are fakes that a world's port knows. */

export const third = 'third-owner@example.com';
export const signers = [
  { by: owner, key: keys.ed25519 },
  { by: deputy, key: keys.ed25519Other },
  { by: dataOwner, key: keys.rsa },
  { by: third, key: keys.ecdsa },
  { by: developer, key: keys.ecdsa521 },
];
export const people = {
  signers,
  owners: { 'release-owner': [owner, deputy, third], 'data-owner': [dataOwner], developer: [developer] },
};

/** One release owner who did not ask for it; with a signature, too. */
export const policy = { ...noApprovals, required: [{ role: 'release-owner', count: 1 }] };
export const signed = { ...policy, identity: 'signed' as const };

/** What a person would sign, from what status shows. */
function statementIn({ waitingFor }: ChangeStatus, by: string, changes: Partial<ApprovalStatement> = {}): string {
  if (!waitingFor?.signature) throw new Error('no signature is asked for');
  const { signers: _signers, ...statement } = waitingFor.signature;
  return approvalStatement({ ...statement, decision: 'approve', by, ...changes });
}

/** A message with its signature by the key of a person. */
export function payload(
  status: ChangeStatus,
  by: string,
  changes: Partial<ApprovalStatement> = {},
  key = signers.find((one) => one.by === by)?.key ?? '',
) {
  return { by, signature: fakeSignature(statementIn(status, by, changes), key) };
}

/** What a person signs to ask for a run. */
export function requestFor(
  workflow: string,
  workflowId: string,
  asked: Record<string, unknown>,
  key: string = keys.ecdsa521,
  expires = new Date(Date.now() + 600_000).toISOString(),
) {
  const text = requestStatement({
    temporal: testInstallation,
    workflow,
    workflowId,
    input: inputDigest(asked),
    by: developer,
    expires,
  });
  return { expires, signature: fakeSignature(text, key) };
}

export async function startSigned(
  start: Start,
  workflow: string,
  asked: Record<string, unknown>,
): Promise<ChangeHandle> {
  const workflowId = `${workflow}-${randomUUID()}`;
  return start(workflow, { ...asked, request: requestFor(workflow, workflowId, asked) }, workflowId);
}
