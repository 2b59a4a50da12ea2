import { z } from 'zod';
import { hasUserOfHttp } from './fields.ts';
import { workerVariable } from './notifications.ts';

/** Describes where the source of a service is, and by what it is read (ADR 0041). */

const forms = /^(https?:\/\/|ssh:\/\/(\w[\w.-]*@)?[a-z0-9]|\w[\w.-]*@[a-z0-9][\w.-]*:)\S+$/;
const withPassword = /^\w+:\/\/[^/@]*:[^/@]*@/;
/** A token is sent in the clear by http, so only to this machine. */
const takesToken = /^(https:\/\/|http:\/\/([^/@]*@)?(127\.0\.0\.1|localhost)[:/])/;

export const repository = z
  .strictObject({
    url: z
      .string('must be a URL of git')
      .regex(forms, 'must be an http, https or ssh URL of git, or git@<host>:<path>')
      .refine((url) => !withPassword.test(url), 'must not have a password: name the variable that holds it in `token`')
      .meta({
        title: 'URL of git',
        description: 'The git repository: `https://…`, `ssh://…` or `git@<host>:<path>`.',
        examples: ['https://git.example.com/example/shop.git', 'git@git.example.com:example/shop.git'],
      }),
    branch: z
      .string('must be a branch')
      .regex(/^(?!-)[\w./-]{1,200}$/, 'must be a branch name')
      .meta({ title: 'branch', description: 'The release branch: only a commit that is on it can be released.' }),
    token: workerVariable
      .optional()
      .describe(
        'What reads a private repository by https: [private repositories](your-own-service.md#private-repositories). ' +
          "Default: none; by ssh the worker's own key does it.",
      ),
  })
  .check(({ value: { url, token }, issues }) => {
    if (!token && hasUserOfHttp(url) && !withPassword.test(url))
      issues.push({
        code: 'custom',
        input: token,
        path: ['url'],
        message:
          'must not have a user, which may be a token and would stand in every history: ' +
          'name the variable that holds the token in `token`; then the URL may name its user',
      });
    if (token && !takesToken.test(url))
      issues.push({
        code: 'custom',
        input: token,
        path: ['token'],
        message: "must not be there: the URL is not https, and by ssh the worker's own key reads it",
      });
  })
  .meta({ id: 'repository', title: 'Repository', description: 'Where the source of the service is.' });

export type RepositoryEntry = z.infer<typeof repository>;

/** Says whether only the worker can read a repository: no platform fetches it by itself. */
export function isPrivate({ url, token }: RepositoryEntry): boolean {
  return token !== undefined || !/^https?:/.test(url);
}
