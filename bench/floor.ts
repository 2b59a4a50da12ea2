import { proxyActivities } from '@temporalio/workflow';

const { nothing } = proxyActivities<{ nothing(): Promise<void> }>({ startToCloseTimeout: '45 seconds' });

/**
 * What Temporal itself takes for so many activities one after the other: the floor under every workflow of as many
 * steps.
 */
export async function floor(steps: number): Promise<void> {
  for (let step = 0; step < steps; step += 1) await nothing();
}
