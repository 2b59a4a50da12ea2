import type { Question } from '../../../probe/question.ts';
import { firstRun } from '../experiments/first-run.ts';
import type { Trial } from '../trial.ts';

export const executionImage: Question<Trial> = {
  id: 'execution-image',
  question: 'which image does an execution show?',
  assumed: [],
  otherwise: '',
  ask: async (trial) => {
    const { execution } = await trial.once(firstRun);
    const image = execution?.template?.containers?.[0]?.image;
    if (!image) return { answer: null, detail: 'the execution did not end in time' };
    return { answer: image === trial.images.job ? 'as it was sent' : 'another name of it', detail: image };
  },
};
