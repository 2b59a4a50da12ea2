import type { DecideAction } from './messages.ts';

/** Says what each decision does, where its question says nothing closer. */
export const decisionEffects: Record<DecideAction, string> = {
  retry: 'try it again',
  skip: 'go on without it; the ledger says that it was skipped, and by whom',
  force: 'overwrite what somebody else has changed, and go on',
  markDone: 'take it for done, by the evidence that you give',
  abort: 'end the run',
  rollback: 'put back what served before, and put this artifact on hold',
};

/** Says what a decision does here, for those that need closer words than the usual ones. */
export type Effects = Partial<Record<DecideAction, string>>;
