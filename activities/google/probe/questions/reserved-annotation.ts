import type { Question } from '../../../probe/question.ts';
import { updatedService } from '../experiments/updated-service.ts';
import { codeName } from '../refusal.ts';
import type { Trial } from '../trial.ts';

export const reservedAnnotation: Question<Trial> = {
  id: 'reserved-annotation',
  question: 'is an annotation of run.googleapis.com refused?',
  assumed: [],
  otherwise: '',
  ask: async (trial) => {
    const annotations = { 'run.googleapis.com/slipway-probe': 'probe' };
    const { refusal } = await updatedService(trial, ['annotations'], () => ({ annotations }));
    return refusal ? { answer: 'yes', detail: codeName(refusal) } : { answer: 'no' };
  },
};
