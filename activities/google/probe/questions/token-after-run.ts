import type { Question } from '../../../probe/question.ts';
import { runAfterToken } from '../experiments/run-after-token.ts';
import { tokenStart } from '../experiments/token-start.ts';
import type { Trial } from '../trial.ts';

export const tokenAfterRun: Question<Trial> = {
  id: 'token-after-run',
  question: 'does the job show its token after another run?',
  assumed: [],
  otherwise: '',
  ask: async (trial) => {
    const { refusal } = await trial.once(tokenStart);
    if (refusal) return { answer: null, detail: 'the token is refused' };
    const { job } = await trial.once(runAfterToken);
    return { answer: job.startExecutionToken ? 'yes' : 'no' };
  },
};
