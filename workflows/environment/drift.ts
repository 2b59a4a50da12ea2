import { bellNames } from '../../contract/bells.ts';
import { cutLine } from '../../contract/cut-line.ts';
import { adoptedLines } from '../../contract/drift.ts';
import { runningRevision } from '../../contract/ledger.ts';
import { reading } from '../run/activities.ts';
import { refusal } from '../run/messages.ts';
import { now } from '../run/journal.ts';
import { answerBell } from './answer-bell.ts';
import { ledgerOf } from './ledger-state.ts';
import type { LedgerWriter } from './ledger-writer.ts';
import type { Proven } from './operators.ts';
import type { EnvironmentRecord } from './record.ts';
import type { EnvironmentState } from './state.ts';

const maxOutcomeLength = 1_000;

/**
 * Keeps the drift of an environment: a promotion stops at it until it is gone, or a person has adopted it. Any client
 * could ring, so the environment looks for itself.
 */
export class EnvironmentDrift {
  private readonly record: EnvironmentRecord;
  private readonly ledger: LedgerWriter;
  private readonly doubt: () => void;

  /** `doubt` has a holder that is in the way looked at: nobody else may wait for it. */
  constructor(record: EnvironmentRecord, ledger: LedgerWriter, doubt: () => void) {
    this.record = record;
    this.ledger = ledger;
    this.doubt = doubt;
  }

  listen(opened: () => Promise<EnvironmentState>): void {
    answerBell(this.record, bellNames.drift, async () => {
      const state = await opened();
      await this.look(state);
      return { drifted: state.drift !== null };
    });
  }

  /** Takes what serves for what should, by a person's word: from here on it is no drift. */
  async adopt(state: EnvironmentState, word: Proven & { by: string; reason: string }): Promise<string> {
    const before = state.drift;
    await this.look(state);
    const { drift } = state;
    if (!drift)
      throw refusal(before ? 'the drift is gone by now' : 'no drift is known here; ./slipway drift looks for it');
    if (before?.problems.join('\n') !== drift.problems.join('\n'))
      throw refusal(`the drift is another one by now: ${drift.problems.join('; ')}`);
    const { problems, serves } = drift;
    const outcome = cutLine(`adopted: ${problems.join('; ')}`, maxOutcomeLength);
    const draft = { kind: 'adopt' as const, change: null, outcome, ...word, adopts: problems };
    const unwritten = await this.ledger.tryWrite(state, { ...draft, serves: serves ?? 'unknown' });
    if (unwritten === '') state.drift = null;
    return `: ${problems.join('; ')}${unwritten}`;
  }

  /** Looks at the platform, unless a change is at work on it: that one says itself what it leaves. */
  private async look(state: EnvironmentState): Promise<void> {
    if (state.holder) this.doubt();
    if (state.holder) throw refusal(`change ${state.holder.change} holds the environment: look again when it has left`);
    const { service, environment } = this.record.place;
    const { number } = state;
    const ledger = ledgerOf(state);
    const question = { runs: runningRevision(ledger), adopted: adoptedLines(ledger), isHeld: false };
    const look = reading('compare what serves with the ledger');
    const { problems, serves } = await look.findDrift({ service, environment, ...question });
    if (state.number !== number) throw refusal('a change has had the environment meanwhile: look again');
    const since = state.drift?.since ?? now();
    if (problems.length > 0 && !state.drift) this.record.note(`it has drifted: ${problems.join('; ')}`);
    if (problems.length === 0 && state.drift) this.record.note('the drift is gone');
    state.drift = problems.length > 0 ? { problems, serves, since } : null;
    this.record.publish(state);
  }
}
