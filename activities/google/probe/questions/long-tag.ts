import type { Question } from '../../../probe/question.ts';
import { updatedService } from '../experiments/updated-service.ts';
import { codeName } from '../refusal.ts';
import type { Trial } from '../trial.ts';

/** The most characters of a tag and its service's name together, as users report it. */
const mostTogether = 46;

const latest = 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST';

export const longTag: Question<Trial> = {
  id: 'long-tag',
  question: `is a tag refused that has ${mostTogether + 1} characters together with its service's name?`,
  assumed: [],
  otherwise: '',
  ask: async (trial) => {
    const tag = 't'.repeat(mostTogether + 1 - trial.name.length);
    const traffic = [{ type: latest, percent: 100, tag }] as const;
    const { refusal } = await updatedService(trial, ['traffic'], () => ({ traffic: [...traffic] }));
    return refusal ? { answer: 'yes', detail: codeName(refusal) } : { answer: 'no' };
  },
};
