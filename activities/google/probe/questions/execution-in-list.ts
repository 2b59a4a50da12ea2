import type { Question } from '../../../probe/question.ts';
import { firstRun } from '../experiments/first-run.ts';
import { lagFinding } from '../lag.ts';
import type { Trial } from '../trial.ts';

export const executionInList: Question<Trial> = {
  id: 'execution-in-list',
  question: 'when is an execution in the list?',
  assumed: ['at once', 'within 60 s'],
  otherwise: 'a second execution of a migration may go unseen',
  ask: async (trial) => lagFinding((await trial.once(firstRun)).sights.list, trial.pace.lateMs),
};
