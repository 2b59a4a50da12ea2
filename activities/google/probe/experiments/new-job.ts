import type { Job } from '../../cloud-run/resources.ts';
import type { Trial } from '../trial.ts';
import { createJob } from '../writes.ts';

/** A job as the migration's is: one task, no retries. Answers it as the platform gives it back. */
export function newJob(trial: Trial): Promise<Job> {
  return createJob(trial, {
    template: {
      taskCount: 1,
      template: {
        maxRetries: 0,
        timeout: { seconds: 120 },
        containers: [{ image: trial.images.job, env: [{ name: 'PROBE', value: 'job' }] }],
      },
    },
  });
}
