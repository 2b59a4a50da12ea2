import type { Question } from '../../../probe/question.ts';
import { newJob } from '../experiments/new-job.ts';
import type { Trial } from '../trial.ts';

export const jobRetries: Question<Trial> = {
  id: 'job-retries',
  question: 'does a job keep 0 retries?',
  assumed: ['yes'],
  otherwise: 'the platform itself repeats a migration that has failed',
  ask: async (trial) => {
    const retries = (await trial.once(newJob)).template?.template?.maxRetries;
    return { answer: retries === 0 ? 'yes' : 'no', detail: retries === 0 ? '' : String(retries) };
  },
};
