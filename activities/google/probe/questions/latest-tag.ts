import type { Question } from '../../../probe/question.ts';
import { updatedService } from '../experiments/updated-service.ts';
import type { Trial } from '../trial.ts';

const latest = 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST';

export const latestTag: Question<Trial> = {
  id: 'latest-tag',
  question: 'does the status of a tag on the latest revision name that revision?',
  assumed: [],
  otherwise: '',
  ask: async (trial) => {
    const traffic = [
      { type: latest, percent: 100 },
      { type: latest, percent: 0, tag: 'probe' },
    ] as const;
    const { refusal, after } = await updatedService(trial, ['traffic'], () => ({ traffic: [...traffic] }));
    if (refusal) return { answer: null, detail: refusal.message };
    const status = after.trafficStatuses?.find(({ tag }) => tag === 'probe');
    if (!status) return { answer: null, detail: 'the service shows no status of the tag' };
    return { answer: status.revision ? 'yes' : 'no', detail: status.revision ?? '' };
  },
};
