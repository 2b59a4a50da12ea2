import type { Question } from '../../../probe/question.ts';
import { tokenAgain as sendTokenAgain } from '../experiments/token-again.ts';
import { tokenStart } from '../experiments/token-start.ts';
import type { Trial } from '../trial.ts';

export const tokenAgain: Question<Trial> = {
  id: 'token-again',
  question: 'what does the same token do when it is sent again?',
  assumed: ['nothing', 'it is refused'],
  otherwise: 'a start that is sent again runs a migration twice',
  ask: async (trial) => {
    const { refusal } = await trial.once(tokenStart);
    if (refusal) return { answer: null, detail: 'the token is refused' };
    const { code, executions } = await trial.once(sendTokenAgain);
    if (executions.length > 0) return { answer: 'it starts a second execution', detail: executions.join(', ') };
    return code === null ? { answer: 'nothing' } : { answer: 'it is refused', detail: code };
  },
};
