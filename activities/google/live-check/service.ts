import { ownContainer } from '../cloud-run/container.ts';
import { findService } from '../cloud-run/session.ts';
import { servedShares } from '../cloud-run/traffic.ts';
import type { LiveCheck } from './check.ts';

/** The service is there, and one of its containers can run the artifact. */
export const service: LiveCheck = {
  name: 'service',
  look: async (context) => {
    const { target } = context;
    const found = await findService(context);
    if (!found) return { verdict: 'pass', reason: `${target.service} is not there yet: a first release creates it` };
    if (!ownContainer(found.template, target))
      return {
        verdict: 'fail',
        reason: `${target.service} has several containers: name the one of the artifact in the catalog (container)`,
      };
    const serving = servedShares(found).map(({ revision, percent }) => `${revision} ${percent} %`);
    return { verdict: 'pass', reason: `${target.service} serves ${serving.join(', ') || 'nothing yet'}` };
  },
};
