import type { Question } from '../../../probe/question.ts';
import { firstRun } from '../experiments/first-run.ts';
import type { Trial } from '../trial.ts';

export const jobEtag: Question<Trial> = {
  id: 'job-etag',
  question: 'does a run change the etag of its job?',
  assumed: [],
  otherwise: '',
  ask: async (trial) => {
    const { before, started, ended } = await trial.once(firstRun);
    if (started.etag !== before.etag) return { answer: 'when it starts' };
    return { answer: ended.etag === before.etag ? 'no' : 'later' };
  },
};
