import { Status } from 'google-gax';
import { packageOf } from '../artifact-registry.ts';
import { call } from '../call.ts';
import { isCode } from '../failure.ts';
import type { LiveCheck } from './check.ts';

/** The images of the build can be listed. */
export const registry: LiveCheck = {
  name: 'registry',
  look: async ({ clients, caller, entry: { build } }) => {
    if (!build) return null;
    const { image } = build;
    const parent = packageOf(image);
    if (parent === undefined) return { verdict: 'inconclusive', reason: `${image} is in no Artifact Registry` };
    try {
      const tags = await call(caller, `list the tags of ${image}`, (options) =>
        clients.registry.listTags({ parent, pageSize: 1 }, { ...options, autoPaginate: false }),
      );
      return { verdict: 'pass', reason: `${image} ${tags.length > 0 ? 'has images' : 'has no image yet'}` };
    } catch (error) {
      if (!isCode(error, Status.NOT_FOUND)) throw error;
      return { verdict: 'pass', reason: `${image} has no image yet` };
    }
  },
};
