import { EnvironmentKeeper } from './environment/keeper.ts';

/**
 * One environment's queue, fence, freezes, holds and ledger. Started by the runs that join it; lives on by
 * continue-as-new. Whoever holds it is watched, so that a run that was terminated does not hold it for ever.
 */
export async function environment(raw: unknown): Promise<never> {
  const keeper = new EnvironmentKeeper();
  keeper.listen();
  await keeper.open(raw);
  return keeper.serve();
}
