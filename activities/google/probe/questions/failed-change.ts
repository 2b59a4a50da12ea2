import type { Question } from '../../../probe/question.ts';
import { hasFailed } from '../../cloud-run/resources.ts';
import { sendable, updatedService } from '../experiments/updated-service.ts';
import { codeName } from '../refusal.ts';
import type { Trial } from '../trial.ts';

/** A digest that no image has. */
const missing = `sha256:${'0'.repeat(64)}`;

export const failedChange: Question<Trial> = {
  id: 'failed-change',
  question: 'does observedGeneration catch up when a change has failed?',
  assumed: [],
  otherwise: '',
  ask: async (trial) => {
    const image = `${trial.images.service.replace(/@.*|:[^/:]*$/, '')}@${missing}`;
    const { refusal, after } = await updatedService(trial, ['template'], ({ template }) => ({
      template: { ...sendable(template), revision: `${trial.name}-bad`, containers: [{ image }] },
    }));
    if (refusal) return { answer: 'the change is refused at once', detail: codeName(refusal) };
    if (!hasFailed(after.terminalCondition)) return { answer: null, detail: 'the change did not fail in time' };
    const [observed, newest] = [String(after.observedGeneration), String(after.generation)];
    return { answer: observed === newest ? 'yes' : 'no', detail: `${observed} of ${newest}` };
  },
};
