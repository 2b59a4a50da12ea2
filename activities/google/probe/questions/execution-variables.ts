import type { Question } from '../../../probe/question.ts';
import { firstRun, marker } from '../experiments/first-run.ts';
import type { Trial } from '../trial.ts';

export const executionVariables: Question<Trial> = {
  id: 'execution-variables',
  question: 'does an execution show the variables that its run was given?',
  assumed: ['yes'],
  otherwise: 'Slipway does not find the execution that is its own',
  ask: async (trial) => {
    const { execution } = await trial.once(firstRun);
    if (!execution) return { answer: null, detail: 'the execution did not end in time' };
    const variables = execution.template?.containers?.flatMap(({ env }) => env ?? []) ?? [];
    const isShown = variables.some(({ name = '', value }) => Object.entries(marker).some(isPair(name, value)));
    return { answer: isShown ? 'yes' : 'no' };
  },
};

function isPair(name: string | null, value: string | null | undefined) {
  return ([key, text]: [string, string]): boolean => key === name && text === value;
}
