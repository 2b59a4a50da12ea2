import type { Question } from '../../../probe/question.ts';
import { staleRun } from '../experiments/stale-run.ts';
import type { Trial } from '../trial.ts';

export const staleUpdate: Question<Trial> = {
  id: 'stale-update',
  question: 'is an update with an old etag of its job refused?',
  assumed: ['yes'],
  otherwise: 'a late write of a worker that was given up applies, so a migration may run twice',
  ask: async (trial) => {
    const { isAsked, updateCode } = await trial.once(staleRun);
    if (!isAsked) return { answer: 'no, an update keeps the etag' };
    return updateCode === null ? { answer: 'no' } : { answer: 'yes', detail: updateCode };
  },
};
