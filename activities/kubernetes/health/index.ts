import type { HealthCheck } from '../../../contract/live.ts';
import { healthChecker } from '../../health.ts';
import { classified } from '../failure.ts';
import type { ReadContext } from '../session.ts';
import { readState } from '../state.ts';
import { checkAutoscaler } from './autoscaler.ts';
import { checkMigration, checkSmoke } from './jobs.ts';
import { judgePods } from './pods.ts';
import { judgeRestarts } from './restarts.ts';

const check = healthChecker(classified);

/** Makes the daily checks of a workload: its pods, its autoscaler, its last jobs (runbook 001, section 1). */
export async function checkHealth(context: ReadContext): Promise<HealthCheck[]> {
  const state = readState(context);
  const now = new Date();
  return Promise.all([
    check('pods', async () => judgePods(context, await state, now)),
    check('restarts', async () => judgeRestarts(await state, now)),
    check('autoscaler', () => checkAutoscaler(context)),
    ...(context.target.migrationJob === undefined ? [] : [check('migration', () => checkMigration(context))]),
    check('smoke', async () => checkSmoke(context, await state)),
  ]);
}
