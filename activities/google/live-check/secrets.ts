import { findVersion, stateOf } from '../secret-versions.ts';
import type { LiveCheck } from './check.ts';

/** Every version of a secret that the entry names is enabled. */
export const secrets: LiveCheck = {
  name: 'secrets',
  look: async (context) => {
    const named = Object.entries(context.entry.settings.secrets);
    if (named.length === 0) return null;
    const states = await Promise.all(
      named.map(async ([variable, { secret, version }]) => ({
        what: `version ${version} of ${secret}, for ${variable},`,
        state: stateOf(await findVersion(context, secret, version)),
      })),
    );
    const bad = states.filter(({ state }) => state !== 'enabled');
    if (bad.length > 0)
      return { verdict: 'fail', reason: bad.map(({ what, state }) => `${what} is ${state}`).join('; ') };
    return { verdict: 'pass', reason: `${named.map(([, { secret }]) => secret).join(', ')} enabled` };
  },
};
