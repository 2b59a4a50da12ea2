import type { Question } from '../../../probe/question.ts';
import { tokenStart } from '../experiments/token-start.ts';
import type { Trial } from '../trial.ts';

export const tokenKept: Question<Trial> = {
  id: 'token-kept',
  question: 'does the job show its token after the start?',
  assumed: [],
  otherwise: '',
  ask: async (trial) => {
    const { refusal, job } = await trial.once(tokenStart);
    if (refusal) return { answer: null, detail: 'the token is refused' };
    return { answer: job.startExecutionToken ? 'yes' : 'no' };
  },
};
