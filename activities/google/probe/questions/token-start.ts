import type { Question } from '../../../probe/question.ts';
import { tokenStart as startByToken, token } from '../experiments/token-start.ts';
import { codeName } from '../refusal.ts';
import type { Trial } from '../trial.ts';

export const tokenStart: Question<Trial> = {
  id: 'token-start',
  question: 'does startExecutionToken start an execution named <job>-<token>?',
  assumed: ['yes', 'no, nothing starts', 'it is refused'],
  otherwise: 'an execution that a token has started is not found by its name, and its step parks',
  ask: async (trial) => {
    const { refusal, isNamed, executions } = await trial.once(startByToken);
    if (refusal) return { answer: 'it is refused', detail: codeName(refusal) };
    if (isNamed) return { answer: 'yes', detail: `${trial.name}-${token}` };
    if (executions.length > 0) return { answer: 'it starts one of another name', detail: executions.join(', ') };
    return { answer: 'no, nothing starts' };
  },
};
