import { z } from 'zod';
import { url } from './fields.ts';

/** Describes where the source of a service is. */
export const repository = z
  .strictObject({
    url: url.describe('The git repository.'),
    branch: z
      .string('must be a branch')
      .regex(/^(?!-)[\w./-]{1,200}$/, 'must be a branch name')
      .meta({ title: 'branch', description: 'The release branch: only a commit that is on it can be released.' }),
  })
  .meta({ id: 'repository', title: 'Repository', description: 'Where the source of the service is.' });
