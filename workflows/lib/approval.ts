import type { ApprovalPolicy } from '../../contract/approvalPolicy.ts';
import type { CatalogFile } from '../../contract/catalog.ts';
import type { ApprovePayload } from '../../contract/messages.ts';
import { shortHash, type Plan } from '../../contract/plan.ts';
import type { ChangeStatus } from '../../contract/status.ts';
import { refusal } from './messages.ts';
import { holdsRole, peopleOf, rolesOf, samePerson } from '../../contract/people.ts';

export type Approval = ChangeStatus['approvals'][number];

/** The approval gate: who has approved which plan, who is still needed. Judges a message; holds no clock and waits for nothing. */
export class Approvals {
  granted: Approval[] = [];
  rejectedBy: { by: string; note: string } | null = null;
  /** False while nothing is asked: an approval before its plan or after the gate is refused. */
  open = false;
  plan: Plan | null = null;
  private readonly policy: ApprovalPolicy;
  private readonly owners: CatalogFile['owners'];
  private readonly requestedBy: string;

  constructor(policy: ApprovalPolicy, owners: CatalogFile['owners'], requestedBy: string) {
    this.policy = policy;
    this.owners = owners;
    this.requestedBy = requestedBy;
  }

  /** Whether people are asked for a plan: not when its policy wants nobody. */
  needs(plan: Plan): boolean {
    return plan.approvals.length > 0;
  }

  /** Asks for this plan. Approvals of another plan are void (invariant I4). */
  ask(plan: Plan): void {
    if (this.plan?.hash !== plan.hash) this.granted = [];
    this.plan = plan;
    this.open = true;
  }

  approve({ by, plan, role }: ApprovePayload, at: string): string {
    const current = this.asked(plan);
    if (!this.policy.requesterMayApprove && samePerson(by, this.requestedBy)) throw refusal(`${by} asked for this change and may not approve it`);
    if (this.granted.some((approval) => samePerson(approval.by, by))) throw refusal(`${by} has approved this plan already; one person counts once`);
    const as = this.roleFor(by, role);
    this.granted.push({ by, role: as, at, plan: current.hash });
    return `approved plan ${shortHash(current.hash)} as ${as}; ${this.describeMissing()}`;
  }

  reject({ by, plan, role, note }: ApprovePayload): string {
    const current = this.asked(plan);
    const roles = this.required.map((required) => required.role);
    if (rolesOf(this.owners, role === undefined ? roles : roles.filter((name) => name === role), by).length === 0) {
      throw refusal(`${by} holds none of the roles that decide here: ${roles.join(', ')}`);
    }
    this.rejectedBy = { by, note: note ?? '' };
    return `rejected plan ${shortHash(current.hash)}`;
  }

  get complete(): boolean {
    return this.missing().length === 0;
  }

  /** Roles still needed, one for each person. */
  missing(): string[] {
    return this.required.flatMap(({ role, count }) => {
      const have = this.granted.filter((approval) => approval.role === role).length;
      return Array.from({ length: Math.max(0, count - have) }, () => role);
    });
  }

  /** Who could approve next, the requester left out where the policy says so. */
  eligible(role: string): string[] {
    return peopleOf(this.owners, [role]).filter(
      (person) => (this.policy.requesterMayApprove || !samePerson(person, this.requestedBy)) && !this.granted.some(({ by }) => samePerson(by, person)),
    );
  }

  /** What the plan asks for: the policy's people, or others where the plan says so. */
  private get required(): Plan['approvals'] {
    return this.plan?.approvals ?? this.policy.required;
  }

  private asked(named: string | undefined): Plan {
    if (!this.open || !this.plan) throw refusal('no approval is asked for at the moment: see waitingFor in status');
    if (named !== undefined && !this.plan.hash.startsWith(named)) {
      throw refusal(`names plan ${shortHash(named)}, but the plan is ${shortHash(this.plan.hash)} now: read it again`);
    }
    return this.plan;
  }

  private roleFor(by: string, asked: string | undefined): string {
    const missing = this.missing();
    if (asked !== undefined && !this.required.some(({ role }) => role === asked)) throw refusal(`role ${asked} is not asked for; needed: ${missing.join(', ')}`);
    const candidates = asked === undefined ? missing : [asked];
    const role = candidates.find((name) => holdsRole(this.owners, name, by));
    if (role === undefined) throw refusal(`${by} does not hold ${candidates.join(' or ')}: the catalog's owners do`);
    return role;
  }

  private describeMissing(): string {
    const missing = this.missing();
    return missing.length === 0 ? 'all approvals are given' : `still needed: ${missing.join(', ')}`;
  }
}
