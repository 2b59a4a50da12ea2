import type { Question } from '../../../probe/question.ts';
import { digestOfTag } from '../../artifact-registry.ts';
import type { Trial } from '../trial.ts';

export const registryDigest: Question<Trial> = {
  id: 'registry-digest',
  question: 'does Artifact Registry say which digest a tag has?',
  assumed: ['yes'],
  otherwise: 'an image that is named by a tag cannot be pinned, so it is not released',
  ask: async (trial) => {
    const [, name, tag = 'latest'] = /^(.*?)(?::([^/:]+))?$/.exec(trial.images.service.replace(/@.*/, '')) ?? [];
    const digest = await digestOfTag(trial.clients, trial.caller, name ?? '', tag);
    return digest === undefined ? { answer: 'no' } : { answer: 'yes', detail: digest };
  },
};
