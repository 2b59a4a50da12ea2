import {
  condition,
  defineSignal,
  getExternalWorkflowHandle,
  workflowInfo,
  CancellationScope,
} from '@temporalio/workflow';
import { bellNames, type StopBell } from '../../contract/bells.ts';
import type { RunRecord } from './record.ts';

/**
 * Rings for the release above a change, which then asks where it stands: with each phase, not with each step, since
 * each bell is an event in two histories. What comes while one is on its way goes with the next.
 */
export class Reporting {
  private pending = false;
  private sending = false;

  /** None for a run that nobody started but a person. */
  static of(record: RunRecord): Reporting | null {
    const { parent } = workflowInfo();
    if (!parent) return null;
    const reporting = new Reporting();
    record.whenPublished = () => {
      reporting.pending = true;
    };
    void CancellationScope.nonCancellable(() => reporting.go(parent.workflowId));
    return reporting;
  }

  private constructor() {}

  /** Whether the last word has arrived; a run ends only then. */
  get settled(): boolean {
    return !this.pending && !this.sending;
  }

  private async go(workflowId: string): Promise<void> {
    // Without a run id: after a reset of the release the run that goes on is told.
    const release = getExternalWorkflowHandle(workflowId);
    for (;;) {
      await condition(() => this.pending);
      this.pending = false;
      this.sending = true;
      // A release that is gone is no reason for a change to fail (invariant I10).
      await release
        .signal(defineSignal<[StopBell]>(bellNames.reported), { workflowId: workflowInfo().workflowId })
        .catch(() => undefined);
      this.sending = false;
    }
  }
}
