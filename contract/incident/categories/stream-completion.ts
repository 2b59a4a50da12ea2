import type { Category } from '../category.ts';

/** Streams that do not come to their end (runbook 001, section 4, A). */
export const streamCompletion = {
  letter: 'A',
  title: 'stream completion ratio drops',
  alerts: ['OpenAgentsRuntimeStreamCompletionRatioLow'],
  words: ['tail_timeout', 'client_closed', 'stream.session'],
  looks: [{ kind: 'logs', name: 'stream sessions', word: 'stream', by: ['outcome'] }],
  checklist: [
    {
      name: 'outcomes',
      action: 'compare how stream sessions end: tail_timeout or client_closed',
      cites: 'runbook 001, section 4, A, action 1',
      answeredBy: { looks: ['stream sessions'] },
    },
  ],
  mitigations: ['rollback'],
} as const satisfies Category;
