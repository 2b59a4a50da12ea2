import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { HolderKind } from '../../contract/environment.ts';
import type { ApprovePayload } from '../../contract/messages.ts';
import { breakGlassRole, claimedBreakGlass, samePerson } from '../../contract/people.ts';
import { shortHash, type Plan } from '../../contract/plan.ts';
import {
  approvalStatement,
  type ApprovalDecision,
  type ApprovalStatement,
  type Question,
} from '../../contract/statement.ts';
import type { VerifiedKey } from '../../contract/proof.ts';
import type { Approval } from '../../contract/status.ts';
import { utcMoment } from '../../contract/utc-moment.ts';
import { refusal } from '../run/messages.ts';
import { People } from './people.ts';
import { Tally, type OpenQuestion } from './tally.ts';

/** A signature that has to be verified before its message counts. */
export interface SignatureToVerify {
  statement: ApprovalStatement;
  signature: string;
  roles: string[];
}

/** A signature that was verified, with the key that had made it; absent in an answer of an earlier version. */
export interface VerifiedSignature extends SignatureToVerify {
  verified?: VerifiedKey | undefined;
}

interface ApprovedChange {
  id: string;
  kind: HolderKind;
  entry: CatalogEntry;
  requestedBy: string;
  /** Names the installation in what people sign; undefined for a run of an earlier version. */
  temporal: string | undefined;
}

/** Judges who has approved what, one question at a time. Holds no clock and waits for nothing. */
export class Approvals {
  /** All approvals that count so far, of every question of this change. */
  granted: Approval[] = [];
  rejection: { by: string; note: string } | null = null;
  /** Reminders of all questions of this change. */
  reminders = 0;
  readonly people: People;
  /** True where the policy wants every answer signed. */
  readonly areSigned: boolean;
  private open: Tally | null = null;
  private readonly change: ApprovedChange;

  constructor(change: ApprovedChange) {
    this.change = change;
    this.people = new People(change.entry.owners, change.entry.signers);
    this.areSigned = change.entry.settings.approvals.identity === 'signed';
  }

  /** Answers the count of the open question; null while nobody is asked. */
  get tally(): Tally | null {
    return this.open;
  }

  /** Asks a question. Approvals of another plan are void (invariant I4). */
  ask(question: OpenQuestion): Tally {
    const { kind, requestedBy, entry } = this.change;
    this.granted = this.granted.filter(({ gate, plan }) => gate !== question.gate || plan === question.plan.hash);
    this.rejection = null;
    const subject = { kind, requestedBy, policy: entry.settings.approvals };
    const tally = new Tally(question, subject, this.people, () => this.granted);
    this.open = tally;
    return tally;
  }

  /** Closes the question: from here on an answer is refused, since nobody waits for it. */
  close(): void {
    this.open = null;
  }

  /** Voids the approvals of a question: those of some people, or all. */
  void(gate: Question, people?: readonly string[]): void {
    this.granted = this.granted.filter(
      (one) => one.gate !== gate || (people !== undefined && !people.some((person) => samePerson(person, one.by))),
    );
  }

  /**
   * Answers the signature that has to be verified before a message counts; null where the policy believes what a
   * message says. Refuses what policy forbids, which costs nothing.
   */
  toVerify(decision: ApprovalDecision, payload: ApprovePayload, at: string): SignatureToVerify | null {
    const roles = decision === 'approve' ? [this.judge(payload, at).role] : this.rolesToReject(payload, at);
    if (!this.areSigned || (decision === 'approve' && payload.role === breakGlassRole)) return null;
    if (payload.signature === undefined)
      throw refusal(
        'the message is not signed. ./slipway approve and ./slipway reject sign it for you; ' +
          'the commands to sign by hand are in waitingFor in status',
      );
    return { statement: this.statement(decision, payload.by), signature: payload.signature, roles };
  }

  /** Counts an approval. `verified` is what the signature was verified over: it counts for that very question. */
  approve(payload: ApprovePayload, at: string, verified: VerifiedSignature | null = null): string {
    const { by, signature } = payload;
    const { role, breakGlass } = this.judge(payload, at);
    if (!breakGlass) this.requireVerified('approve', by, verified);
    const { question } = this.current(payload.plan, at);
    const { gate, plan, until } = question;
    const proof = breakGlass ? { breakGlass } : this.areSigned ? { signature, ...proofOf(verified) } : {};
    const approval: Approval = { by, role, at, plan: plan.hash, gate, expires: until, ...proof };
    this.granted = [...this.granted.filter((one) => one.gate !== gate || !samePerson(one.by, by)), approval];
    const done = `approved ${describeQuestion(question)} by ${by} as ${role}`;
    return `${breakGlass ? claimedBreakGlass(done) : done}; ${this.describeMissing()}`;
  }

  /** Counts a rejection, which ends the question. */
  reject(payload: ApprovePayload, at: string, verified: VerifiedSignature | null = null): string {
    this.rolesToReject(payload, at);
    this.requireVerified('reject', payload.by, verified);
    const { question } = this.current(payload.plan, at);
    this.rejection = { by: payload.by, note: payload.note ?? '' };
    return `rejected ${describeQuestion(question)} by ${payload.by}`;
  }

  /** Says who broke the glass: nobody has proven who it was. */
  get claimed(): string[] {
    const broken = this.granted.filter(({ breakGlass }) => breakGlass);
    return broken.map(({ by, role }) => claimedBreakGlass(`approved by ${by} as ${role}`));
  }

  /** Answers the text that a person signs to answer the question. */
  statement(decision: ApprovalDecision, by: string): ApprovalStatement {
    const { id, entry, temporal } = this.change;
    const { gate, plan, until } = this.requireTally().question;
    const { service, environment } = entry;
    const named = temporal === undefined ? {} : { temporal };
    return { ...named, change: id, service, environment, gate, plan: plan.hash, decision, by, expires: until };
  }

  private judge({ by, plan, role }: ApprovePayload, at: string): { role: string; breakGlass?: true } {
    const tally = this.current(plan, at);
    if (role === breakGlassRole) return { role: this.roleThatBreaksGlass(tally, by), breakGlass: true };
    if (!tally.mayCount(by)) throw refusal(`${by} asked for this change and may not approve it`);
    if (tally.hasAnswered(by))
      throw refusal(
        `${by} has approved ${tally.question.gate === 'plan' ? 'this plan' : 'this'} already; one person counts once`,
      );
    return { role: this.roleFor(tally, by, role) };
  }

  private rolesToReject({ by, plan, role }: ApprovePayload, at: string): string[] {
    const roles = this.current(plan, at).question.required.map((required) => required.role);
    const held = roles.filter((name) => (role === undefined || name === role) && this.people.holds(name, by));
    if (held.length === 0) throw refusal(`${by} holds none of the roles that decide here: ${roles.join(', ')}`);
    return held;
  }

  private roleThatBreaksGlass({ breakGlassRoles }: Tally, by: string): string {
    if (breakGlassRoles.length === 0)
      throw refusal(
        'break-glass is not possible here: it approves only the plan of a rollback, and only where the catalog names ' +
          'roles for it (breakGlass). It never replaces the approval of the data owner',
      );
    const role = breakGlassRoles.find((name) => this.people.holds(name, by));
    if (role === undefined) throw refusal(`${by} holds none of the break-glass roles: ${breakGlassRoles.join(', ')}`);
    return role;
  }

  private roleFor(tally: Tally, by: string, wanted: string | undefined): string {
    const missing = tally.missing();
    if (wanted !== undefined && !tally.question.required.some(({ role }) => role === wanted))
      throw refusal(`no approval by ${wanted} is needed; still needed: ${missing.join(', ')}`);
    const candidates = wanted === undefined ? missing : [wanted];
    const role = candidates.find((name) => this.people.holds(name, by));
    if (role === undefined) throw refusal(`${by} does not hold ${candidates.join(' or ')}: see owners in the catalog`);
    return role;
  }

  private requireVerified(decision: ApprovalDecision, by: string, verified: SignatureToVerify | null): void {
    if (!this.areSigned) return;
    if (verified && approvalStatement(verified.statement) === approvalStatement(this.statement(decision, by))) return;
    throw refusal('the question has changed since the message was signed: read status again, then sign what it shows');
  }

  private requireTally(): Tally {
    if (!this.open) throw refusal('this run waits for no approval now: see waitingFor in status');
    return this.open;
  }

  private current(plan: string | undefined, at: string): Tally {
    const tally = this.requireTally();
    const { question } = tally;
    if (plan !== undefined && !question.plan.hash.startsWith(plan))
      throw refusal(
        `the message names plan ${shortHash(plan)}, but the plan is now ${shortHash(question.plan.hash)}: ` +
          'read the new plan, then answer again',
      );
    if (Date.parse(question.until) <= Date.parse(at))
      throw refusal(`the message came too late: the question was open until ${utcMoment(question.until)}`);
    return tally;
  }

  private describeMissing(): string {
    const missing = this.open?.missing() ?? [];
    return missing.length === 0 ? 'all approvals are given' : `still needed: ${missing.join(', ')}`;
  }
}

/** Answers what the ledger keeps of a verified signature, besides the signature itself. */
function proofOf(signed: VerifiedSignature | null): Pick<Approval, 'temporal' | 'key' | 'catalog'> {
  const { temporal } = signed?.statement ?? {};
  return { ...(temporal !== undefined && { temporal }), ...signed?.verified };
}

function describeQuestion({ gate, plan }: { gate: Question; plan: Pick<Plan, 'hash'> }): string {
  return gate === 'plan' ? `plan ${shortHash(plan.hash)}` : `the ${gate} of plan ${shortHash(plan.hash)}`;
}
