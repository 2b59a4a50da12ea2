import type { Question } from '../../../probe/question.ts';
import { firstRun } from '../experiments/first-run.ts';
import { lagFinding } from '../lag.ts';
import type { Trial } from '../trial.ts';

export const executionInJob: Question<Trial> = {
  id: 'execution-in-job',
  question: 'when does the job name its newest execution?',
  assumed: [],
  otherwise: '',
  ask: async (trial) => lagFinding((await trial.once(firstRun)).sights.job, trial.pace.lateMs),
};
