import type { Question } from '../../../probe/question.ts';
import { findRevision } from '../../cloud-run/session.ts';
import { newJob } from '../experiments/new-job.ts';
import { newService, firstRevision } from '../experiments/new-service.ts';
import type { Trial } from '../trial.ts';

/** Names of labels and annotations that belong to the platform. */
const platformKey = /^([\w-]+\.)*(googleapis\.com|knative\.dev)\//;

type Keyed = { labels?: Record<string, string> | null; annotations?: Record<string, string> | null };

export const platformKeys: Question<Trial> = {
  id: 'platform-keys',
  question: 'do templates show labels or annotations of the platform?',
  assumed: [],
  otherwise: '',
  ask: async (trial) => {
    const [service, job] = [await trial.once(newService), await trial.once(newJob)];
    const revision = await findRevision(trial, firstRevision(trial.name));
    const places: [string, Keyed | null | undefined][] = [
      ['service', service.template],
      ['job', job.template],
      ['revision', revision],
    ];
    // A revision is no template; its keys are left out already, so they are only told.
    const found = places.map(([where, keyed]) => [where, keysOf(keyed)] as const);
    const inTemplates = found.some(([where, keys]) => where !== 'revision' && keys.length > 0);
    const detail = found.flatMap(([where, keys]) => (keys.length > 0 ? [`${where}: ${keys.join(', ')}`] : []));
    return { answer: inTemplates ? 'yes' : 'no', detail: detail.join('; ') };
  },
};

function keysOf(keyed: Keyed | null | undefined): string[] {
  const keys = Object.keys({ ...keyed?.labels, ...keyed?.annotations });
  return keys.filter((key) => platformKey.test(key));
}
