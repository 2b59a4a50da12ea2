import type { HealthCheck } from '../../../contract/live.ts';
import type { Finding } from '../../../contract/verdict.ts';
import { utcMoment } from '../../../contract/utc-moment.ts';
import { healthChecker } from '../../health.ts';
import { classified } from '../failure.ts';
import { outcomeOf } from './execution.ts';
import { conditionOf, describeCondition, hasSucceeded, isSettled, shortName, timeOf } from './resources.ts';
import { findExecution, findJob, type ReadContext } from './session.ts';
import { readState, type ObservedService } from './state.ts';

const check = healthChecker(classified);

/**
 * Makes the daily checks of a service: it is ready, so are the revisions that serve, and the last migration succeeded;
 * so did the last smoke where it is a job. The platform scales by itself.
 */
export async function checkHealth(context: ReadContext): Promise<HealthCheck[]> {
  const { service, migrationJob, smokeJob } = context.target;
  const state = readState(context);
  return Promise.all([
    check('service', async () => judgeService(service, await state)),
    check('revisions', async () => judgeRevisions(await state)),
    ...(migrationJob === undefined ? [] : [check('migration', () => checkExecution(context, migrationJob))]),
    ...(smokeJob === undefined ? [] : [check('smoke', () => checkExecution(context, smokeJob))]),
  ]);
}

function judgeService(name: string, { service }: ObservedService): Finding {
  if (!service) return { verdict: 'fail', reason: `service ${name} does not exist` };
  if (!isSettled(service)) return { verdict: 'inconclusive', reason: `service ${name} is being changed right now` };
  const condition = service.terminalCondition;
  if (hasSucceeded(condition)) return { verdict: 'pass', reason: `service ${name} is ready` };
  return { verdict: 'fail', reason: `service ${name} is not ready: ${describeCondition(condition)}` };
}

function judgeRevisions({ live, revisions }: ObservedService): Finding {
  if (live.serving.length === 0) return { verdict: 'fail', reason: 'no revision serves' };
  const problems = live.serving.flatMap(({ revision }) => {
    const found = revisions.get(revision);
    if (!found) return [`revision ${revision} serves, but cannot be read`];
    const ready = conditionOf(found, 'Ready');
    return hasSucceeded(ready) ? [] : [`revision ${revision} serves, but is not ready: ${describeCondition(ready)}`];
  });
  if (problems.length > 0) return { verdict: 'fail', reason: problems.join('; ') };
  const shares = live.serving.map(({ revision, percent }) => `${revision} serves ${percent} %`);
  return { verdict: 'pass', reason: shares.join(', ') };
}

async function checkExecution(context: ReadContext, name: string): Promise<Finding> {
  const job = await findJob(context, name);
  if (!job) return { verdict: 'fail', reason: `job ${name} does not exist` };
  const newest = shortName(job.latestCreatedExecution?.name);
  if (newest === '') return { verdict: 'inconclusive', reason: `job ${name} has not run yet` };
  const execution = await findExecution(context, name, newest);
  if (!execution) return { verdict: 'inconclusive', reason: `execution ${newest} was deleted` };
  const ended = timeOf(execution.completionTime);
  if (ended === '') return { verdict: 'inconclusive', reason: `execution ${newest} is running` };
  const outcome = outcomeOf(execution);
  if (outcome === 'succeeded')
    return { verdict: 'pass', reason: `execution ${newest} succeeded at ${utcMoment(ended)}` };
  const why = describeCondition(conditionOf(execution, 'Completed'));
  return { verdict: 'fail', reason: `execution ${newest} ${outcome} at ${utcMoment(ended)}: ${why}` };
}
