import type { Question } from '../../../probe/question.ts';
import { staleRun } from '../experiments/stale-run.ts';
import type { Trial } from '../trial.ts';

export const staleEtag: Question<Trial> = {
  id: 'stale-etag',
  question: 'is a run with an old etag of its job refused?',
  assumed: [],
  otherwise: '',
  ask: async (trial) => {
    const { isAsked, code, executions } = await trial.once(staleRun);
    if (!isAsked) return { answer: null, detail: 'an update of the job left its etag as it was' };
    if (executions.length > 0)
      return { answer: code === null ? 'no, it runs' : 'yes, but it runs', detail: executions.join(', ') };
    return code === null ? { answer: 'no, and nothing runs' } : { answer: 'yes', detail: code };
  },
};
