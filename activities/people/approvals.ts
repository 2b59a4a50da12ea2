import type { Signer } from '../../contract/catalog/approval-policy.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import { rolesOf, type Owners } from '../../contract/people.ts';
import type { VerifiedKey } from '../../contract/proof.ts';
import type { HolderKind } from '../../contract/environment.ts';
import { approvalStatement, type ApprovalStatement } from '../../contract/statement.ts';
import type { Approval } from '../../contract/status.ts';
import type { Ports } from '../ports/index.ts';
import { startRefusal } from '../../contract/start-refusal.ts';
import { utcMoment } from '../../contract/utc-moment.ts';
import { currentEntry, verifySignedText } from './signed-text.ts';

export interface SignatureRequest {
  statement: ApprovalStatement;
  /** The signature as it arrived. */
  signature: string;
  /** Roles of which the person must hold one, by the catalog of now. */
  roles: string[];
}

/** Says why a signed message does not count, or which key has signed it. */
export type SignatureVerdict = { refused: string } | { refused: null; verified: VerifiedKey };

export interface ReviewRequest {
  change: string;
  service: string;
  environment: string;
  kind: HolderKind;
  requestedBy: string;
  approvals: Approval[];
  at: string;
}

export interface Review {
  /** Approvals that do not count any more, and why. */
  invalidated: { by: string; reason: string }[];
  /** Why the requester could not start the change now; null if they could. */
  requester: string | null;
  /** People and keys, by the catalog of now. */
  owners: Owners;
  signers: Signer[];
}

/** Judges who approved and whether they may, by the catalog of that moment and not of the run's beginning. */
export function createApprovalActivities({ catalog, signatures }: Pick<Ports, 'catalog' | 'signatures'>) {
  return {
    /** Verifies one signed message on its arrival; answers why it does not count, or null. */
    async checkSignature({ statement, signature, roles }: SignatureRequest): Promise<SignatureVerdict> {
      const entry = await currentEntry(catalog, statement);
      const lost = roleLost(entry, roles, statement.by);
      if (lost) return { refused: lost };
      const found = await verifyApproval(entry, statement, signature);
      return 'refused' in found ? found : { refused: null, verified: found };
    },

    /**
     * Reviews all approvals before the first mutation. A role may be taken away since, a key withdrawn, the time over.
     */
    async reviewApprovals({
      change,
      service,
      environment,
      kind,
      requestedBy,
      approvals,
      at,
    }: ReviewRequest): Promise<Review> {
      const entry = await currentEntry(catalog, { service, environment });
      const verdicts = await Promise.all(
        approvals.map(async (approval) => ({
          by: approval.by,
          reason: await invalidReason(entry, change, approval, at),
        })),
      );
      return {
        invalidated: verdicts.flatMap(({ by, reason }) => (reason === null ? [] : [{ by, reason }])),
        requester: startRefusal(entry, { kind, requestedBy }),
        owners: entry.owners,
        signers: entry.signers,
      };
    },
  };

  async function invalidReason(
    entry: CatalogEntry,
    change: string,
    { by, role, plan, gate, expires = '', signature, temporal, breakGlass }: Approval,
    at: string,
  ): Promise<string | null> {
    const lost = roleLost(entry, breakGlass ? (entry.settings.approvals.breakGlass ?? []) : [role], by);
    if (lost) return lost;
    if (expires !== '' && Date.parse(expires) <= Date.parse(at))
      return `the approval of ${by} was valid until ${utcMoment(expires)}`;
    if (signature === undefined) return null;
    const { service, environment } = entry;
    const statement = { temporal, change, service, environment, gate, plan, decision: 'approve' as const, by, expires };
    const found = await verifyApproval(entry, statement, signature);
    return 'refused' in found ? found.refused : null;
  }

  async function verifyApproval(
    entry: CatalogEntry,
    statement: ApprovalStatement,
    pasted: string,
  ): Promise<VerifiedKey | { refused: string }> {
    const signed = { text: approvalStatement(statement), by: statement.by, pasted, what: describeStatement(statement) };
    return verifySignedText(signatures, entry, signed);
  }
}

function roleLost({ owners }: CatalogEntry, roles: string[], by: string): string | null {
  return rolesOf(owners, roles, by).length > 0
    ? null
    : `${by} does not hold ${roles.join(' or ')} any more: see owners in the catalog`;
}

function describeStatement({ decision, gate, change, plan, expires }: ApprovalStatement): string {
  return `${decision} ${gate} of change ${change}, plan ${plan.slice(0, 12)}, until ${utcMoment(expires)}`;
}
