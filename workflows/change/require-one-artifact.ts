import { ending } from '../run/failures.ts';
import type { Parts } from './change.ts';

/** Requires one artifact to make instances of: of a split nobody can say which part is meant. */
export function requireOneArtifact({ entry, plan }: Parts<'entry' | 'plan'>): void {
  const { service, environment } = entry;
  const { live } = plan.snapshot;
  if (!live.exists) throw ending('InvalidInput', `environment: nothing of ${service} runs in ${environment} yet`);
  if (live.serving.filter(({ percent }) => percent > 0).length > 1)
    throw ending(
      'InvalidInput',
      `environment: the traffic of ${environment} is split; give one revision all of it first: ` +
        `./slipway rollback ${service} --environment ${environment} --to <revision> --reason '…'`,
    );
}
