import { proxyActivities } from '@temporalio/workflow';

const { nothing } = proxyActivities<{ nothing(): Promise<void> }>({ startToCloseTimeout: '45 seconds' });

/** Runs a number of activities in a row: the floor under a workflow of as many steps. */
export async function floor(steps: number): Promise<void> {
  for (let step = 0; step < steps; step += 1) await nothing();
}
