import {
  condition,
  defineSignal,
  getExternalWorkflowHandle,
  workflowInfo,
  CancellationScope,
} from '@temporalio/workflow';
import { internalNames } from '../../contract/messages.ts';
import type { StopReport } from '../../contract/release.ts';
import type { RunRecord } from './record.ts';

/**
 * Tells the release above a change where it stands and what it waits for: with each phase, not with each step, since
 * each report is an event in two histories. What comes while one is on its way goes with the next.
 */
export class Reporting {
  private pending = false;
  private sending = false;
  private readonly record: RunRecord;

  /** None for a run that nobody started but a person. */
  static of(record: RunRecord): Reporting | null {
    const { parent } = workflowInfo();
    if (!parent) return null;
    const reporting = new Reporting(record);
    record.whenPublished = () => {
      reporting.pending = true;
    };
    void CancellationScope.nonCancellable(() => reporting.go(parent.workflowId));
    return reporting;
  }

  private constructor(record: RunRecord) {
    this.record = record;
  }

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
      await release.signal(defineSignal<[StopReport]>(internalNames.reported), this.report()).catch(() => undefined);
      this.sending = false;
    }
  }

  private report(): StopReport {
    const { change, phase, digest, plan, steps, waitingFor, approvals } = this.record.status;
    return { workflowId: workflowInfo().workflowId, change, phase, digest, plan, steps, approvals, waitingFor };
  }
}
