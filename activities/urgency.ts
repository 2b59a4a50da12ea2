import { AsyncLocalStorage } from 'node:async_hooks';
import { activityInfo } from './heartbeat.ts';

/** Says who goes first where calls are counted. */
export type Urgency = 'rollback' | 'work' | 'poll';

const looks = new AsyncLocalStorage<true>();

/** Makes a look that is repeated anyway, so that it can wait: whatever else needs a call goes first. */
export function asPoll<T>(look: () => T): T {
  return looks.run(true, look);
}

/** Answers how urgent the work under way is. What takes users back goes before everything else (invariant I6). */
export function urgencyOfWork(): Urgency {
  const { workflowType, activityType } = activityInfo() ?? {};
  if (workflowType === 'rollback' || activityType === 'restore') return 'rollback';
  return looks.getStore() ? 'poll' : 'work';
}
