import type { Question } from '../../../probe/question.ts';
import { findRevision } from '../../cloud-run/session.ts';
import { firstRevision, newService } from '../experiments/new-service.ts';
import type { Trial } from '../trial.ts';

export const revisionImage: Question<Trial> = {
  id: 'revision-image',
  question: 'which image does a revision show?',
  assumed: [],
  otherwise: '',
  ask: async (trial) => {
    await trial.once(newService);
    const revision = await findRevision(trial, firstRevision(trial.name));
    const image = revision?.containers?.[0]?.image;
    if (!image) return { answer: null, detail: 'the service has no such revision' };
    return { answer: image === trial.images.service ? 'as it was sent' : 'another name of it', detail: image };
  },
};
