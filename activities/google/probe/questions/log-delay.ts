import type { Question } from '../../../probe/question.ts';
import { lastLine } from '../experiments/log-of-run.ts';
import type { Trial } from '../trial.ts';

/** What `bake.logsArriveWithinSeconds` is where the catalog does not say it. */
const usualSeconds = 120;

export const logDelay: Question<Trial> = {
  id: 'log-delay',
  question: "when is the last line of an execution in the log, 'Container called exit(0).'?",
  assumed: [`within ${usualSeconds} s`],
  otherwise: 'a migration parks because its log seems not to be whole: raise bake.logsArriveWithinSeconds',
  ask: async (trial) => {
    const { afterMs, entries } = await trial.once(lastLine);
    if (afterMs === undefined) return { answer: 'not in time', detail: `${entries} other entries have come` };
    const isUsual = afterMs <= usualSeconds * 1_000;
    const answer = isUsual ? `within ${usualSeconds} s` : `later than ${usualSeconds} s`;
    return { answer, detail: `after ${afterMs} ms` };
  },
};
