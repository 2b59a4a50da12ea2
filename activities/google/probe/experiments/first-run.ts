import type { Execution, Job } from '../../cloud-run/resources.ts';
import { shortName } from '../../cloud-run/resources.ts';
import { findExecution, listExecutions } from '../../cloud-run/session.ts';
import type { Sight, Trial } from '../trial.ts';
import { endedExecution, readJob, runJob } from '../writes.ts';
import { newJob } from './new-job.ts';

export interface FirstRun {
  before: Job;
  /** The first read after the answer of RunJob. */
  started: Job;
  /** The first read after the execution has ended. */
  ended: Job;
  /** Short name, as the answer of RunJob says it. */
  name: string;
  /** Undefined if it did not end in time. */
  execution: Execution | undefined;
  /** RFC 3339, by this machine's clock. */
  beganAt: string;
  /** When each way to look showed the execution, from the answer of RunJob on; undefined for never. */
  sights: Record<'job' | 'get' | 'list', Lag | undefined>;
}

/** How late something was seen. */
export type Lag = Omit<Sight<unknown>, 'seen'>;

/** Name and value of the variable by which the run is marked, as a migration's run is. */
export const marker = { PROBE: 'first-run' };

/** Runs the job once, as a migration is run, and watches how that shows. */
export async function firstRun(trial: Trial): Promise<FirstRun> {
  const before = await trial.once(newJob);
  const beganAt = new Date().toISOString();
  const name = await runJob(trial, { etag: before.etag ?? '', variables: marker });
  const answeredAt = Date.now();
  const within = <T>(look: () => Promise<T>, isSo: (seen: T) => boolean): Promise<Lag | undefined> =>
    trial.until(look, isSo, trial.pace.lateMs, answeredAt);
  const [started, job, get, list] = await Promise.all([
    readJob(trial),
    within(
      () => readJob(trial),
      ({ latestCreatedExecution }) => shortName(latestCreatedExecution?.name) === name,
    ),
    within(
      () => findExecution(trial, trial.name, name),
      (seen) => seen !== undefined,
    ),
    within(
      () => listExecutions(trial, trial.name),
      (seen) => seen.some((each) => shortName(each.name) === name),
    ),
  ]);
  const execution = await endedExecution(trial, name);
  return { before, started, ended: await readJob(trial), name, execution, beganAt, sights: { job, get, list } };
}
