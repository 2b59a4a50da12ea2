import { bellNames, environmentBell, leaseQuery, type HolderLease } from '../../contract/bells.ts';
import { onBell, refusal } from '../run/messages.ts';
import type { Run } from '../run/run.ts';
import type { Lease } from './lease.ts';

/** Registers what an environment asks of its holder and tells it. `lease` is null until the input was looked at. */
export function listenToEnvironment(run: Run, lease: () => Lease | null): void {
  run.answer<HolderLease>(
    leaseQuery,
    'Asked by the environment: what this run wants from it',
    () => lease()?.wants ?? { joins: null, leaves: null },
  );
  for (const name of [bellNames.granted, bellNames.preempt, bellNames.frozen] as const)
    onBell(run.record, name, environmentBell, async ({ environment }) => {
      const known = lease();
      if (!known) throw refusal('the run is just starting and wants no environment yet');
      await known.hear(name, environment);
    });
}
