import { breakGlassRole, keysOf, type ApprovalPolicy, type Signer } from '../../contract/catalog/approval-policy.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { ApprovePayload } from '../../contract/messages.ts';
import { holdsRole, peopleOf, rolesOf, samePerson, type Owners } from '../../contract/people.ts';
import { shortHash, type ChangeKind, type Plan, type RequiredApproval } from '../../contract/plan.ts';
import {
  approvalStatement,
  type ApprovalDecision,
  type ApprovalStatement,
  type Question,
} from '../../contract/statement.ts';
import type { Approval } from '../../contract/status.ts';
import { refusal } from '../run/messages.ts';

/** What people are asked: about a plan, or about the result of a step of it. */
export interface OpenQuestion {
  gate: Question;
  plan: Plan;
  required: RequiredApproval[];
  until: string;
}

/** A message that policy allows and that still has to be proven. */
export interface Unproven {
  statement: ApprovalStatement;
  signature: string;
  roles: string[];
}

interface AskedFor {
  id: string;
  kind: ChangeKind;
  entry: CatalogEntry;
  requestedBy: string;
}

/**
 * Who has approved what, who is still needed; one question at a time. Judges messages; holds no clock and waits for
 * nothing.
 */
export class Approvals {
  /** All that counts so far, of every question of this change. */
  granted: Approval[] = [];
  rejectedBy: { by: string; note: string } | null = null;
  private question: OpenQuestion | null = null;
  private owners: Owners;
  private signers: Signer[];
  private readonly change: AskedFor;
  private readonly policy: ApprovalPolicy;

  constructor(change: AskedFor) {
    this.change = change;
    this.policy = change.entry.settings.approvals;
    this.owners = change.entry.owners;
    this.signers = change.entry.signers;
  }

  /** Whether people are asked for a plan: not when its policy wants nobody. */
  needs(plan: Plan): boolean {
    return plan.approvals.length > 0;
  }

  /** Asks. Approvals of another plan are void (invariant I4). */
  ask(question: OpenQuestion): void {
    this.granted = this.granted.filter(({ gate, plan }) => gate !== question.gate || plan === question.plan.hash);
    this.rejectedBy = null;
    this.question = question;
  }

  /** From here on an answer is refused: nobody waits for it. */
  close(): void {
    this.question = null;
  }

  /** What was given at a gate does not count any more: by these people, or by anybody. */
  drop(gate: Question, people?: readonly string[]): void {
    this.granted = this.granted.filter(
      (one) => one.gate !== gate || (people !== undefined && !people.some((person) => samePerson(person, one.by))),
    );
  }

  /** The catalog as it is now: who may answer from here on. */
  peopleAre({ owners, signers }: { owners: Owners; signers: Signer[] }): void {
    this.owners = owners;
    this.signers = signers;
  }

  /**
   * What has to be proven before a message counts; null where the policy believes what it says. Refuses what policy
   * forbids, which costs nothing.
   */
  unproven(decision: ApprovalDecision, payload: ApprovePayload, at: string): Unproven | null {
    const roles = decision === 'approve' ? [this.judge(payload, at).role] : this.judgeRejection(payload, at);
    if (!this.signed || (decision === 'approve' && payload.role === breakGlassRole)) return null;
    if (payload.signature === undefined)
      throw refusal(
        'is not signed: ./slipway approve and reject sign by themselves, and waitingFor in status has the commands for ssh-keygen',
      );
    return { statement: this.statement(decision, payload.by), signature: payload.signature, roles };
  }

  /**
   * `proven` is what the signature was verified over: it counts for that very question, and for no other that is
   * asked by now.
   */
  approve(payload: ApprovePayload, at: string, proven: Unproven | null = null): string {
    const { by, signature } = payload;
    const { role, breakGlass } = this.judge(payload, at);
    if (!breakGlass) this.mustBeProven('approve', by, proven);
    const { gate, plan, until } = this.asked(payload.plan, at);
    const approval: Approval = {
      by,
      role,
      at,
      plan: plan.hash,
      gate,
      expires: until,
      ...(this.signed && !breakGlass ? { signature } : {}),
      ...(breakGlass ? { breakGlass } : {}),
    };
    this.granted = [...this.granted.filter((one) => one.gate !== gate || !samePerson(one.by, by)), approval];
    return `${breakGlass ? 'break-glass: ' : ''}approved ${named(gate, plan)} as ${role}; ${this.describeMissing()}`;
  }

  reject(payload: ApprovePayload, at: string, proven: Unproven | null = null): string {
    this.judgeRejection(payload, at);
    this.mustBeProven('reject', payload.by, proven);
    const { gate, plan } = this.asked(payload.plan, at);
    this.rejectedBy = { by: payload.by, note: payload.note ?? '' };
    return `rejected ${named(gate, plan)}`;
  }

  get complete(): boolean {
    return this.missing().length === 0;
  }

  get signed(): boolean {
    return this.policy.identity === 'signed';
  }

  /**
   * Roles that may break the glass for what is asked now: only a rollback is worth it (invariant I6), and only while
   * somebody else than the owner of the data is missing.
   */
  get breakGlassRoles(): string[] {
    const helps =
      this.change.kind === 'rollback' &&
      this.question?.gate === 'plan' &&
      this.missing().some((role) => role !== 'data-owner');
    return helps ? (this.policy.breakGlass ?? []) : [];
  }

  /**
   * Roles still needed, one for each person. Who breaks the glass stands for all of them, but not for the owner of
   * the data (invariant I8).
   */
  missing(): string[] {
    const { question } = this;
    if (!question) return [];
    const given = this.given(question);
    const broken = given.find(({ breakGlass }) => breakGlass);
    return question.required.flatMap(({ role, count }) => {
      if (broken && (role !== 'data-owner' || holdsRole(this.owners, role, broken.by))) return [];
      const have = given.filter((approval) => approval.role === role).length;
      return Array.from({ length: Math.max(0, count - have) }, () => role);
    });
  }

  /**
   * Who could answer next, the requester left out where the policy says so, and who has no key where keys are asked
   * for.
   */
  eligible(role: string): string[] {
    const { question } = this;
    const given = question ? this.given(question) : [];
    return peopleOf(this.owners, [role]).filter(
      (person) =>
        this.mayCount(person) &&
        !given.some(({ by }) => samePerson(by, person)) &&
        (!this.signed || keysOf(this.signers, person).length > 0),
    );
  }

  /** Everybody who holds one of these roles. */
  holders(roles: readonly string[]): string[] {
    return peopleOf(this.owners, roles);
  }

  /** The keys of some people. */
  keys(people: readonly string[]): Signer[] {
    return this.signers.filter(({ by }) => people.some((person) => samePerson(person, by)));
  }

  /** What a person signs to answer the question. */
  statement(decision: ApprovalDecision, by: string): ApprovalStatement {
    const { id, entry } = this.change;
    const { gate, plan, until } = this.current();
    return {
      change: id,
      service: entry.service,
      environment: entry.environment,
      gate,
      plan: plan.hash,
      decision,
      by,
      expires: until,
    };
  }

  private judge({ by, plan, role }: ApprovePayload, at: string): { role: string; breakGlass?: true } {
    const question = this.asked(plan, at);
    if (role === breakGlassRole) return { role: this.breaksGlass(by), breakGlass: true };
    if (!this.mayCount(by)) throw refusal(`${by} asked for this change and may not approve it`);
    if (this.given(question).some((approval) => samePerson(approval.by, by)))
      throw refusal(
        `${by} has approved ${question.gate === 'plan' ? 'this plan' : 'this'} already; one person counts once`,
      );
    return { role: this.roleFor(question, by, role) };
  }

  private judgeRejection({ by, plan, role }: ApprovePayload, at: string): string[] {
    const roles = this.asked(plan, at).required.map((required) => required.role);
    const held = rolesOf(this.owners, role === undefined ? roles : roles.filter((name) => name === role), by);
    if (held.length === 0) throw refusal(`${by} holds none of the roles that decide here: ${roles.join(', ')}`);
    return held;
  }

  private breaksGlass(by: string): string {
    const roles = this.breakGlassRoles;
    if (roles.length === 0)
      throw refusal(
        'there is no glass to break here: only a rollback’s plan can be approved so, where the catalog names roles for it (breakGlass); the owner of the data is asked in any case',
      );
    const role = roles.find((name) => holdsRole(this.owners, name, by));
    if (role === undefined)
      throw refusal(`${by} holds none of the roles that may break the glass: ${roles.join(', ')}`);
    return role;
  }

  private mustBeProven(decision: ApprovalDecision, by: string, proven: Unproven | null): void {
    if (
      !this.signed ||
      (proven && approvalStatement(proven.statement) === approvalStatement(this.statement(decision, by)))
    )
      return;
    throw refusal('something else is asked by now than what the signature was verified for: read status again');
  }

  private mayCount(person: string): boolean {
    return this.policy.requesterMayApprove || !samePerson(person, this.change.requestedBy);
  }

  private given({ gate, plan }: OpenQuestion): Approval[] {
    return this.granted.filter((approval) => approval.gate === gate && approval.plan === plan.hash);
  }

  private current(): OpenQuestion {
    if (!this.question) throw refusal('no approval is asked for at the moment: see waitingFor in status');
    return this.question;
  }

  private asked(plan: string | undefined, at: string): OpenQuestion {
    const question = this.current();
    if (plan !== undefined && !question.plan.hash.startsWith(plan)) {
      throw refusal(
        `names plan ${shortHash(plan)}, but the plan is ${shortHash(question.plan.hash)} now: read it again`,
      );
    }
    if (Date.parse(question.until) <= Date.parse(at))
      throw refusal(`comes too late: it was asked until ${question.until}`);
    return question;
  }

  private roleFor({ required }: OpenQuestion, by: string, asked: string | undefined): string {
    const missing = this.missing();
    if (asked !== undefined && !required.some(({ role }) => role === asked))
      throw refusal(`role ${asked} is not asked for; needed: ${missing.join(', ')}`);
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

function named(gate: Question, { hash }: Plan): string {
  return gate === 'plan' ? `plan ${shortHash(hash)}` : `the ${gate} of plan ${shortHash(hash)}`;
}
