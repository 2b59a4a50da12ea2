import type { ApprovalPolicy } from '../../contract/catalog/approval-policy.ts';
import { isRollbackClass, type HolderKind } from '../../contract/environment.ts';
import { samePerson } from '../../contract/people.ts';
import type { Plan, RequiredApproval } from '../../contract/plan.ts';
import type { Question } from '../../contract/statement.ts';
import type { Approval } from '../../contract/status.ts';
import type { People } from './people.ts';

/** Asks people about a plan, or about the result of a step of it. */
export interface OpenQuestion {
  gate: Question;
  plan: Pick<Plan, 'hash'>;
  required: RequiredApproval[];
  until: string;
}

/** Names what an approval is given for. */
export interface ApprovalSubject {
  kind: HolderKind;
  requestedBy: string;
  policy: ApprovalPolicy;
}

/** Counts the approvals of one question: who has answered, who is still needed, who could be next. */
export class Tally {
  readonly question: OpenQuestion;
  private readonly subject: ApprovalSubject;
  private readonly people: People;
  private readonly granted: () => readonly Approval[];

  constructor(question: OpenQuestion, subject: ApprovalSubject, people: People, granted: () => readonly Approval[]) {
    this.question = question;
    this.subject = subject;
    this.people = people;
    this.granted = granted;
  }

  /** Answers the approvals that count for this question. */
  get given(): Approval[] {
    const { gate, plan } = this.question;
    return this.granted().filter((approval) => approval.gate === gate && approval.plan === plan.hash);
  }

  /**
   * Answers the roles still needed, one for each person. Who breaks the glass stands for all of them, but not for the
   * owner of the data (invariant I8).
   */
  missing(): string[] {
    const { given } = this;
    const glassBreaker = given.find(({ breakGlass }) => breakGlass);
    return this.question.required.flatMap(({ role, count }) => {
      if (glassBreaker && (role !== 'data-owner' || this.people.holds(role, glassBreaker.by))) return [];
      const have = given.filter((approval) => approval.role === role).length;
      return Array.from({ length: Math.max(0, count - have) }, () => role);
    });
  }

  /** Answers who could approve next in a role: not the requester where the policy says so, nobody twice. */
  eligible(role: string): string[] {
    const needsKey = this.subject.policy.identity === 'signed';
    return this.people
      .holders([role])
      .filter(
        (person) => this.mayCount(person) && !this.hasAnswered(person) && (!needsKey || this.people.hasKey(person)),
      );
  }

  /** Tells whether a person's yes may count at all: the requester's does only where the policy allows it. */
  mayCount(person: string): boolean {
    return this.subject.policy.requesterMayApprove || !samePerson(person, this.subject.requestedBy);
  }

  hasAnswered(person: string): boolean {
    return this.given.some(({ by }) => samePerson(by, person));
  }

  /**
   * Answers the roles that may break the glass for this question. Only what is of rollback class is worth it (invariant
   * I6), and only while somebody else than the owner of the data is missing.
   */
  get breakGlassRoles(): string[] {
    const isUrgent = isRollbackClass(this.subject.kind) && this.question.gate === 'plan';
    const helps = isUrgent && this.missing().some((role) => role !== 'data-owner');
    return helps ? (this.subject.policy.breakGlass ?? []) : [];
  }
}
