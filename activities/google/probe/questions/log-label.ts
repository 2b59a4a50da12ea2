import type { Question } from '../../../probe/question.ts';
import { firstRun } from '../experiments/first-run.ts';
import { entriesOfRun } from '../experiments/log-of-run.ts';
import { runAfterToken } from '../experiments/run-after-token.ts';
import type { Trial } from '../trial.ts';

export const logLabel: Question<Trial> = {
  id: 'log-label',
  question: 'which entries does the label of an execution choose?',
  assumed: ['its own'],
  otherwise: 'the log of a migration is empty, or has the lines of another run',
  ask: async (trial) => {
    const { name } = await trial.once(firstRun);
    // By now there is another run that could be taken for it.
    await trial.once(runAfterToken);
    const entries = await entriesOfRun(trial);
    if (entries.length === 0) return { answer: 'none' };
    const own = entries.filter(({ labels }) => labels?.['run.googleapis.com/execution_name'] === name);
    return { answer: own.length === entries.length ? 'its own' : 'others, too', detail: `${entries.length} entries` };
  },
};
