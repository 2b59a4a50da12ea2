import type { RetiredSecrets } from '../../../activities/rotation.ts';
import type { RotatedSecret } from '../../../contract/plan.ts';
import { switching } from '../../run/activities.ts';
import { isExpected, messageOf } from '../../run/failures.ts';
import { changeStep } from './change-step.ts';

/**
 * Disables the versions that served before. By then the new ones have proven themselves, so nothing of it takes the
 * rotation back: what could not be disabled is said, and a person does it.
 */
export const retireSecrets = changeStep<{ secrets: readonly RotatedSecret[] }, RetiredSecrets>({
  name: 'retire-secrets',
  phase: 'verifying',
  run: async ({ entry }, { secrets }, mark) => {
    try {
      return await switching('disable the old versions').retireSecrets({ entry, marker: mark(), secrets });
    } catch (error) {
      if (!isExpected(error)) throw error;
      return { disabled: [], kept: secrets.map((secret) => ({ secret, why: messageOf(error) })) };
    }
  },
  detail: describeRetired,
});

/** Says which old versions are disabled, and which are not and why, in one line. */
export function describeRetired({ disabled, kept }: RetiredSecrets): string {
  return [
    ...disabled.map(({ secret, from }) => `version ${from} of ${secret} is disabled`),
    ...kept.map(({ secret: { secret, from }, why }) => `version ${from} of ${secret} is still enabled: ${why}`),
  ].join('; ');
}
