/** Names of messages, said once. */
export const messageNames = {
  approve: 'approve',
  reject: 'reject',
  decide: 'decide',
  freeze: 'freeze',
  unfreeze: 'unfreeze',
  breakLock: 'breakLock',
  lift: 'lift',
  adopt: 'adopt',
  acknowledge: 'acknowledge',
  classify: 'classify',
  note: 'note',
  mitigate: 'mitigate',
  communicate: 'communicate',
  resolve: 'resolve',
  followUp: 'followUp',
  alerts: 'alerts',
} as const;
export type MessageName = keyof typeof messageNames;

/** Messages that people send to an incident. */
export type IncidentMessage = 'acknowledge' | 'classify' | 'note' | 'mitigate' | 'communicate' | 'followUp' | 'resolve';

/** Names of queries, said once; every query works without arguments. */
export const queryNames = { status: 'status', timeline: 'timeline', plan: 'plan' } as const;

/** Decisions about a parked run; `status` says which are possible. */
export const decideActions = ['retry', 'skip', 'force', 'markDone', 'abort', 'rollback'] as const;
export type DecideAction = (typeof decideActions)[number];
