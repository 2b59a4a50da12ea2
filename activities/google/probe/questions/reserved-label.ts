import type { Question } from '../../../probe/question.ts';
import { updatedService } from '../experiments/updated-service.ts';
import { codeName } from '../refusal.ts';
import type { Trial } from '../trial.ts';

export const reservedLabel: Question<Trial> = {
  id: 'reserved-label',
  question: 'is a label of run.googleapis.com refused?',
  assumed: [],
  otherwise: '',
  ask: async (trial) => {
    const labels = { ...trial.labels, 'run.googleapis.com/slipway-probe': 'probe' };
    const { refusal } = await updatedService(trial, ['labels'], () => ({ labels }));
    return refusal ? { answer: 'yes', detail: codeName(refusal) } : { answer: 'no' };
  },
};
