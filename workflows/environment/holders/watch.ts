import { condition } from '@temporalio/workflow';
import { bellNames } from '../../../contract/bells.ts';
import type { AbandonedHolders } from './abandoned.ts';
import { notifyRun } from '../notify.ts';
import { waitingRollback } from '../queue.ts';
import type { EnvironmentRecord } from '../record.ts';
import type { EnvironmentState } from '../state.ts';
import { watchRun, type WatchedRun } from '../watch-run.ts';

interface WatchOptions {
  /** Says whether a new history has to begin. */
  isFull: () => boolean;
  /** Says whether holders are looked at, and not followed as by an earlier version. */
  byLooks: () => boolean;
}

/** Watches whoever holds the environment, so that a run that was terminated does not hold it for ever. */
export class HolderWatch {
  private readonly record: EnvironmentRecord;
  private readonly abandoned: AbandonedHolders;
  private readonly options: WatchOptions;
  private watched: WatchedRun | null = null;
  /** Number of the holder that was asked to yield. */
  private askedToYield: number | null = null;

  constructor(record: EnvironmentRecord, abandoned: AbandonedHolders, options: WatchOptions) {
    this.record = record;
    this.abandoned = abandoned;
    this.options = options;
  }

  /** Has the holder looked at soon, although nobody waits for it. */
  lookSoon(): void {
    this.watched?.lookSoon();
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
    const run = watchRun(holder, {
      summary: `follow ${holder.kind} ${holder.change}`,
      waiting: () => state.queue.map(({ change }) => change).join(' '),
      byLooks: this.options.byLooks(),
    });
    this.watched = run;
    const isOver = () => state.holder?.number !== holder.number || this.options.isFull();
    await condition(() => isOver() || run.closed() !== null || isBroken() || this.mustAsk(state));
    const closed = run.closed();
    if (closed === null) await this.askToYield(state);
    else if (!isBroken() && state.holder?.number === holder.number)
      await this.abandoned.release(state, `${holder.kind} ${holder.change} ended without leaving: ${closed}`);
    await run.stop();
    this.watched = null;
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
