import type { Question } from '../../../probe/question.ts';
import { timeOf } from '../../cloud-run/resources.ts';
import { firstRun } from '../experiments/first-run.ts';
import type { Trial } from '../trial.ts';

export const jobUpdateTime: Question<Trial> = {
  id: 'job-update-time',
  question: 'does a run change the update time of its job?',
  assumed: [],
  otherwise: '',
  ask: async (trial) => {
    const { before, ended } = await trial.once(firstRun);
    return { answer: timeOf(before.updateTime) === timeOf(ended.updateTime) ? 'no' : 'yes' };
  },
};
