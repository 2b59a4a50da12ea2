import type { Question } from '../../../probe/question.ts';
import { shortName } from '../../cloud-run/resources.ts';
import { updatedService } from '../experiments/updated-service.ts';
import { codeName } from '../refusal.ts';
import type { Trial } from '../trial.ts';

export const namedTemplate: Question<Trial> = {
  id: 'named-template',
  question: 'does an update of annotations leave a template with a named revision alone?',
  assumed: ['yes'],
  otherwise: 'the first write of a change is refused, or makes a revision that nobody asked for',
  ask: async (trial) => {
    const annotations = { 'slipway.dev/probe': 'annotated' };
    const { before, refusal, after } = await updatedService(trial, ['annotations'], () => ({ annotations }));
    if (refusal) return { answer: 'it is refused', detail: codeName(refusal) };
    const isSame = before.latestCreatedRevision === after.latestCreatedRevision;
    return { answer: isSame ? 'yes' : 'it makes a revision', detail: shortName(after.latestCreatedRevision) };
  },
};
