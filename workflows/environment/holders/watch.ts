import { condition } from '@temporalio/workflow';
import { bellNames } from '../../../contract/bells.ts';
import type { AbandonedHolders } from './abandoned.ts';
import { notifyRun } from '../notify.ts';
import { waitingRollback } from '../queue.ts';
import type { EnvironmentRecord } from '../record.ts';
import type { EnvironmentState } from '../state.ts';
import { watchRun } from '../watch-run.ts';

/** Follows whoever holds the environment, so that a run that was terminated does not hold it for ever. */
export class HolderWatch {
  private readonly record: EnvironmentRecord;
  private readonly abandoned: AbandonedHolders;
  /** Says whether a new history has to begin. */
  private readonly isFull: () => boolean;
  /** Number of the holder that was asked to yield. */
  private askedToYield: number | null = null;

  constructor(record: EnvironmentRecord, abandoned: AbandonedHolders, isFull: () => boolean) {
    this.record = record;
    this.abandoned = abandoned;
    this.isFull = isFull;
  }

  /** Tells the new holder, which asks again before it writes. */
  async notifyGranted({ holder }: EnvironmentState): Promise<void> {
    if (holder) await notifyRun(this.record, holder.workflowId, bellNames.granted);
  }

  /** Waits until the holder leaves, must yield, or ends without leaving; cleans up after it then. */
  async follow(state: EnvironmentState): Promise<void> {
    const { holder, lockBroken } = state;
    if (!holder) return;
    const isBroken = () => state.lockBroken?.number === holder.number;
    if (lockBroken && isBroken()) return this.abandoned.releaseBroken(state, lockBroken);
    await this.askToYield(state);
    const run = watchRun(`follow ${holder.kind} ${holder.change}`, holder);
    const isOver = () => state.holder?.number !== holder.number || this.isFull();
    await condition(() => isOver() || run.closed() !== null || isBroken() || this.mustAsk(state));
    const closed = run.closed();
    if (closed === null) await this.askToYield(state);
    else if (!isBroken() && state.holder?.number === holder.number)
      await this.abandoned.release(state, `${holder.kind} ${holder.change} ended without leaving: ${closed}`);
    await run.stop();
  }

  private mustAsk(state: EnvironmentState): boolean {
    return waitingRollback(state) !== null && this.askedToYield !== state.holder?.number;
  }

  /** Asks the holder to stop at its next safe point; it hands over and restores nothing (invariant I6). */
  private async askToYield(state: EnvironmentState): Promise<void> {
    const { holder } = state;
    const rollback = waitingRollback(state);
    if (!holder || !rollback || !this.mustAsk(state)) return;
    this.askedToYield = holder.number;
    this.record.note(`${holder.kind} ${holder.change} is asked to yield to rollback ${rollback.change}`);
    await notifyRun(this.record, holder.workflowId, bellNames.preempt);
  }
}
