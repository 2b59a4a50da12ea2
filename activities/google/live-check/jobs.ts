import { ownContainer } from '../cloud-run/container.ts';
import { jobsOf } from '../cloud-run/job.ts';
import { findJob } from '../cloud-run/session.ts';
import type { LiveCheck } from './check.ts';

/** The jobs are there, or are made by a release, and one container of each can run the artifact. */
export const jobs: LiveCheck = {
  name: 'jobs',
  look: async (context) => {
    const names = jobsOf(context.target);
    if (names.length === 0) return null;
    const told: string[] = [];
    for (const name of names) {
      const job = await findJob(context, name);
      if (job && !ownContainer(job.template?.template, context.target))
        return {
          verdict: 'fail',
          reason: `job ${name} has several containers: name the one of the artifact (container)`,
        };
      told.push(job ? `${name} is there` : `${name} is not there yet: a release makes it`);
    }
    return { verdict: 'pass', reason: told.join(', ') };
  },
};
