import type { Question } from '../../../probe/question.ts';
import { firstRun } from '../experiments/first-run.ts';
import { lagFinding } from '../lag.ts';
import type { Trial } from '../trial.ts';

export const executionByName: Question<Trial> = {
  id: 'execution-by-name',
  question: 'when can an execution be read by its name?',
  assumed: ['at once', 'within 60 s'],
  otherwise: 'the start of a migration parks, although its execution is only late',
  ask: async (trial) => lagFinding((await trial.once(firstRun)).sights.get, trial.pace.lateMs),
};
