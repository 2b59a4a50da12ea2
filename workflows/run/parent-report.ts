import {
  CancellationScope,
  condition,
  defineSignal,
  getExternalWorkflowHandle,
  workflowInfo,
} from '@temporalio/workflow';
import { bellNames, type StopBell } from '../../contract/bells.ts';
import type { RunRecord } from './record.ts';

/**
 * Rings at the release above a run with each phase, not with each step, since each bell is an event in two histories.
 * The release then asks the run itself. A publication while a bell is on its way rings once more.
 */
export class ParentReport {
  private isDue = false;
  private isSending = false;

  /** Answers null for a run that no other run started. */
  static of(record: Pick<RunRecord, 'onPublish'>): ParentReport | null {
    const { parent } = workflowInfo();
    return parent ? new ParentReport(record, parent.workflowId) : null;
  }

  private constructor(record: Pick<RunRecord, 'onPublish'>, release: string) {
    record.onPublish = () => {
      this.isDue = true;
    };
    void CancellationScope.nonCancellable(() => this.ring(release));
  }

  /** Tells whether the last bell has arrived; a run ends only then. */
  get isSettled(): boolean {
    return !this.isDue && !this.isSending;
  }

  private async ring(release: string): Promise<void> {
    const { workflowId } = workflowInfo();
    // Without a run id: after a reset of the release the run that goes on is told.
    const handle = getExternalWorkflowHandle(release);
    for (;;) {
      await condition(() => this.isDue);
      this.isDue = false;
      this.isSending = true;
      // A release that is gone is no reason for a change to fail (invariant I10).
      await handle.signal(defineSignal<[StopBell]>(bellNames.reported), { workflowId }).catch(() => undefined);
      this.isSending = false;
    }
  }
}
