import { condition } from '@temporalio/workflow';
import type { DecideAction, DecidePayload } from '../../contract/messages.ts';
import { parkedEnvironment, parkedSubject } from '../../contract/message-subject.ts';
import { askedRoles } from '../../contract/people.ts';
import type { Proof } from '../../contract/proof.ts';
import { isExpected, messageOf } from '../run/failures.ts';
import { refusal } from '../run/messages.ts';
import { now } from '../run/journal.ts';
import { requirePossible, signingFor, waitForDecision, type EvidenceHint } from '../run/parking.ts';
import type { EnvironmentPlace } from './catalog.ts';
import type { EnvironmentRecord } from './record.ts';
import { platformWait } from '../run/platform-wait.ts';

interface Decision {
  action: DecideAction;
  by: string;
  evidence: string;
}

const evidenceOfLook: EvidenceHint = {
  example: 'what was seen at the target',
  request: 'what you saw, and that nothing is going on',
};

/** A question to the operators, with the decision once there is one. */
interface Question {
  /** Names it, with the time since when it stands. */
  about: string;
  actions: readonly DecideAction[];
  decision: Decision | null;
}

/**
 * Repeats work that must succeed before an environment can go on. When its retries are used up, the environment parks
 * for an operator, instead of ending and forgetting its queue.
 */
export class EnvironmentParking {
  private question: Question | null = null;
  private readonly record: EnvironmentRecord;

  constructor(record: EnvironmentRecord) {
    this.record = record;
  }

  /** Tries it until it succeeds; an operator's `retry` raises the attempt. */
  async retryUntilDone<T>(what: string, place: EnvironmentPlace, attempt: (attempt: number) => Promise<T>): Promise<T> {
    for (let number = 1; ; number += 1) {
      const outcome = await this.try(what, () => attempt(number));
      if ('found' in outcome) return outcome.found;
      await this.park(`${what}: ${outcome.problem}`, place, ['retry']);
    }
  }

  /** The same where a person may look instead: `markDone` with evidence ends it as that evidence. */
  async retryUntilDecided<T>(
    what: string,
    place: EnvironmentPlace,
    attempt: () => Promise<T>,
  ): Promise<{ found: T } | { evidence: string }> {
    for (;;) {
      const outcome = await this.try(what, attempt);
      if ('found' in outcome) return outcome;
      const { action, by, evidence } = await this.park(`${what}: ${outcome.problem}`, place, ['retry', 'markDone']);
      if (action === 'markDone') return { evidence: `${by} has looked: ${evidence}` };
    }
  }

  /** Refuses a decision that is not asked for here; answers what one that is is about. */
  examine({ action, evidence }: DecidePayload): string {
    const { about, actions, decision: decided } = this.requireQuestion();
    requirePossible({ action, evidence }, { actions, decided, place: 'here', evidence: evidenceOfLook });
    return about;
  }

  /** Takes a decision that was sent to the environment; who sent it is an operator, by a signature where they sign. */
  decide(payload: DecidePayload, proof: Proof | null): string {
    this.examine(payload);
    const { action, by, note, evidence } = payload;
    const said = [evidence, note].filter((part) => part !== undefined).join('; ');
    this.requireQuestion().decision = { action, by, evidence: said };
    const answer = `${action} decided by ${by}${proof ? `, signed with ${proof.key}` : ''}`;
    this.record.note(answer);
    return answer;
  }

  private requireQuestion(): Question {
    if (!this.question)
      throw refusal('nothing is parked here: see waitingFor in status; a change is decided with its own workflow id');
    return this.question;
  }

  private async try<T>(what: string, attempt: () => Promise<T>): Promise<{ found: T } | { problem: string }> {
    this.record.blockedBy(platformWait(what, now()));
    try {
      const found = await attempt();
      this.record.blockedBy(null);
      return { found };
    } catch (error) {
      if (!isExpected(error)) throw error;
      return { problem: messageOf(error) };
    }
  }

  private async park(
    why: string,
    { entry, endpoint, temporal }: EnvironmentPlace,
    actions: readonly DecideAction[],
  ): Promise<Decision> {
    const since = now();
    const about = parkedSubject(parkedEnvironment, since);
    const question: Question = { about, actions, decision: null };
    this.question = question;
    const asked = askedRoles(entry.owners, entry.settings.operators);
    const what = `a decision about ${why}`;
    this.record.note(`parked: ${why}`);
    const { approvals } = entry.settings;
    const signing = signingFor(
      { temporal, signers: approvals.identity === 'signed' ? entry.signers : null },
      { about, actions: actions.filter((action) => action === 'markDone'), asked },
    );
    this.record.blockedBy(
      waitForDecision({ what, actions, asked, endpoint, evidence: evidenceOfLook, since, signing }),
    );
    await condition(() => question.decision !== null);
    this.question = null;
    const { action, by, evidence } = question.decision ?? { action: 'retry', by: '', evidence: '' };
    this.record.blockedBy(null, [`${action} by ${by}`, evidence].filter((part) => part !== '').join(': '));
    return { action, by, evidence };
  }
}
