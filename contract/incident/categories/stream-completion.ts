import type { Category } from '../category.ts';
import { increaseOf } from '../own-series.ts';

const sessions = 'openagents_runtime_stream_sessions_total';

/** Streams that do not come to their end (runbook 001, section 4, A). */
export const streamCompletion = {
  letter: 'A',
  title: 'stream completion ratio drops',
  alerts: ['OpenAgentsRuntimeStreamCompletionRatioLow'],
  words: ['stream', 'streams', 'stream.session', 'tail_timeout', 'client_closed', 'run.finished'],
  runbook: 'docs/runbooks/stream-completion.md',
  looks: [
    { kind: 'logs', name: 'stream sessions', word: 'stream', by: ['event', 'outcome'] },
    { kind: 'metric', name: 'stream outcomes', query: increaseOf(sessions, ['outcome']) },
    { kind: 'logs', name: 'run ends', word: 'run.finished', by: ['outcome'] },
    {
      kind: 'metric',
      name: 'completion ratio',
      query: `${increaseOf(sessions, [], 'outcome="completed"')} / ${increaseOf(sessions, [])}`,
    },
    { kind: 'logs', name: 'cancelled streams', word: 'client_closed', by: ['run_id'] },
  ],
  checklist: [
    {
      name: 'outcomes',
      action: 'compare how stream sessions end: tail_timeout or client_closed',
      cites: 'runbook 001, section 4, A, action 1',
      answeredBy: { looks: ['stream sessions', 'stream outcomes'] },
    },
    {
      name: 'final events',
      action: 'see whether sessions come to run.finished',
      cites: 'runbook 001, section 4, A, action 2',
      answeredBy: { looks: ['run ends', 'completion ratio'] },
    },
    {
      name: 'cancel storm',
      action: 'see whether clients close many streams, and whether they are always of the same runs',
      cites: 'runbook 001, section 4, A, action 3',
      answeredBy: { looks: ['cancelled streams', 'stream outcomes'] },
    },
  ],
  mitigations: [{ action: 'rollback' }, { action: 'restart', looks: ['health'] }],
} as const satisfies Category;
