import type { Question } from '../../../probe/question.ts';
import { shortName } from '../../cloud-run/resources.ts';
import { sendable, updatedService } from '../experiments/updated-service.ts';
import { codeName } from '../refusal.ts';
import type { Trial } from '../trial.ts';

export const templateSentBack: Question<Trial> = {
  id: 'template-sent-back',
  question: 'may a template be sent back under a new name, without keys of the platform?',
  assumed: ['yes'],
  otherwise: 'a candidate that keeps what the live template has is refused',
  ask: async (trial) => {
    const revision = `${trial.name}-again`;
    const { refusal, after } = await updatedService(trial, ['template'], ({ template }) => ({
      template: {
        ...sendable(template),
        revision,
      },
    }));
    if (refusal) return { answer: 'it is refused', detail: `${codeName(refusal)}: ${refusal.message}` };
    const made = shortName(after.latestCreatedRevision);
    return { answer: made === revision ? 'yes' : 'no revision of that name', detail: made };
  },
};
